using System.Runtime.InteropServices;

namespace Elsa.MLNet.Operators;

/// <summary>
/// An <see cref="ElsaOperator"/> as ONNX Runtime sees it: a struct of function pointers (OrtCustomOp of the C
/// interface), followed by a handle of ours. It lives as long as the process, for sessions may outlive their options.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeOperator
{
    private const int Optional = 1;

    // An input and the output that lies in its memory.
    private static readonly int* Alias = Indices(ElsaOperator.Into, 0);

    private nuint _version;
    private readonly nint _createKernel;
    private delegate* unmanaged<NativeOperator*, nint> _getName;
    private delegate* unmanaged<NativeOperator*, nint> _getExecutionProvider;
    private delegate* unmanaged<NativeOperator*, nuint, int> _getInputType;
    private delegate* unmanaged<NativeOperator*, nuint> _getInputCount;
    private delegate* unmanaged<NativeOperator*, nuint, int> _getOutputType;
    private delegate* unmanaged<NativeOperator*, nuint> _getOutputCount;
    private readonly nint _compute;
    private delegate* unmanaged<nint, void> _destroyKernel;
    private delegate* unmanaged<NativeOperator*, nuint, int> _getInputCharacteristic;
    private delegate* unmanaged<NativeOperator*, nuint, int> _getOutputCharacteristic;
    private delegate* unmanaged<NativeOperator*, nuint, int> _getInputMemory;
    private delegate* unmanaged<NativeOperator*, int> _getVariadicInputMinimum;
    private delegate* unmanaged<NativeOperator*, int> _getVariadicInputHomogeneity;
    private delegate* unmanaged<NativeOperator*, int> _getVariadicOutputMinimum;
    private delegate* unmanaged<NativeOperator*, int> _getVariadicOutputHomogeneity;
    private delegate* unmanaged<NativeOperator*, nint, nint, nint*, nint> _createKernelWithStatus;
    private delegate* unmanaged<nint, nint, nint> _computeWithStatus;
    private readonly nint _inferShapes;
    private delegate* unmanaged<NativeOperator*, int> _getStartVersion;
    private delegate* unmanaged<NativeOperator*, int> _getEndVersion;
    private readonly nint _getMayInplace;
    private readonly nint _releaseMayInplace;
    private delegate* unmanaged<int**, int**, nuint> _getAliasMap;
    private delegate* unmanaged<int*, int*, void> _releaseAliasMap;
    private nint _name;
    private nint _operator;

    public static nint Create(ElsaOperator op)
    {
        var native = (NativeOperator*)NativeMemory.AllocZeroed((nuint)sizeof(NativeOperator));
        native->_version = RuntimeApi.Version;
        native->_getName = &GetName;
        native->_getExecutionProvider = &GetExecutionProvider;
        native->_getInputType = &GetInputType;
        native->_getInputCount = &GetInputCount;
        native->_getOutputType = &GetOutputType;
        native->_getOutputCount = &GetOutputCount;
        native->_destroyKernel = &DestroyKernel;
        native->_getInputCharacteristic = &GetInputCharacteristic;
        native->_getOutputCharacteristic = &GetOutputCharacteristic;
        native->_getInputMemory = &GetInputMemory;
        native->_getVariadicInputMinimum = &One;
        native->_getVariadicInputHomogeneity = &One;
        native->_getVariadicOutputMinimum = &One;
        native->_getVariadicOutputHomogeneity = &One;
        native->_createKernelWithStatus = &CreateKernel;
        native->_computeWithStatus = &Compute;
        native->_getStartVersion = &One;
        native->_getEndVersion = &LastVersion;
        if (op.WritesInto)
        {
            native->_getAliasMap = &GetAliasMap;
            native->_releaseAliasMap = &ReleaseAliasMap;
        }
        native->_name = Marshal.StringToCoTaskMemUTF8(op.Name);
        native->_operator = GCHandle.ToIntPtr(GCHandle.Alloc(op));
        return (nint)native;
    }

    private static ElsaOperator Operator(NativeOperator* native) =>
        (ElsaOperator)GCHandle.FromIntPtr(native->_operator).Target!;

    [UnmanagedCallersOnly]
    private static nint GetName(NativeOperator* native) => native->_name;

    [UnmanagedCallersOnly]
    private static nint GetExecutionProvider(NativeOperator* native) => 0;

    [UnmanagedCallersOnly]
    private static int GetInputType(NativeOperator* native, nuint index) =>
        (int)Operator(native).Inputs[(int)index].ElementType;

    [UnmanagedCallersOnly]
    private static nuint GetInputCount(NativeOperator* native) => (nuint)Operator(native).Inputs.Count;

    [UnmanagedCallersOnly]
    private static int GetOutputType(NativeOperator* native, nuint index) =>
        (int)Operator(native).Outputs[(int)index].ElementType;

    [UnmanagedCallersOnly]
    private static nuint GetOutputCount(NativeOperator* native) => (nuint)Operator(native).Outputs.Count;

    [UnmanagedCallersOnly]
    private static int GetInputCharacteristic(NativeOperator* native, nuint index) =>
        Operator(native).Inputs[(int)index].IsOptional ? Optional : 0;

    [UnmanagedCallersOnly]
    private static int GetOutputCharacteristic(NativeOperator* native, nuint index) =>
        Operator(native).Outputs[(int)index].IsOptional ? Optional : 0;

    [UnmanagedCallersOnly]
    private static int GetInputMemory(NativeOperator* native, nuint index) => 0;

    [UnmanagedCallersOnly]
    private static int One(NativeOperator* native) => 1;

    [UnmanagedCallersOnly]
    private static int LastVersion(NativeOperator* native) => int.MaxValue;

    [UnmanagedCallersOnly]
    private static nuint GetAliasMap(int** input, int** output)
    {
        *input = Alias;
        *output = Alias + 1;
        return 1;
    }

    [UnmanagedCallersOnly]
    private static void ReleaseAliasMap(int* input, int* output)
    {
        // They are the same for all and live as long as the process.
    }

    private static int* Indices(int input, int output)
    {
        int* indices = (int*)NativeMemory.Alloc(2 * sizeof(int));
        (indices[0], indices[1]) = (input, output);
        return indices;
    }

    [UnmanagedCallersOnly]
    private static nint CreateKernel(NativeOperator* native, nint api, nint info, nint* kernel)
    {
        try
        {
            *kernel = GCHandle.ToIntPtr(GCHandle.Alloc(Operator(native).CreateKernel(new OperatorAttributes(info))));
            return 0;
        }
        catch (Exception error)
        {
            return RuntimeApi.CreateStatus($"{ElsaOperators.Domain}.{Operator(native).Name}: {error.Message}");
        }
    }

    [UnmanagedCallersOnly]
    private static nint Compute(nint kernel, nint context)
    {
        try
        {
            ((OperatorKernel)GCHandle.FromIntPtr(kernel).Target!).Compute(new OperatorContext(context));
            return 0;
        }
        catch (Exception error)
        {
            return RuntimeApi.CreateStatus(error.Message);
        }
    }

    [UnmanagedCallersOnly]
    private static void DestroyKernel(nint kernel)
    {
        var handle = GCHandle.FromIntPtr(kernel);
        (handle.Target as IDisposable)?.Dispose();
        handle.Free();
    }
}
