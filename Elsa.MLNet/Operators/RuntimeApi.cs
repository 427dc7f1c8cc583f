using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Operators;

/// <summary>
/// The part of ONNX Runtime's C interface that its C# package does not show: custom operators. ONNX Runtime hands out a
/// table of functions that only ever grows at its end, so that a slot's number is the same in every version since the
/// one asked for here. What is called in every run and only looks something up is called without the transition in which
/// the garbage collector could suspend the thread, for that would cost more than the call.
/// </summary>
internal static unsafe partial class RuntimeApi
{
    /// <summary>The oldest table with all slots used here: ONNX Runtime 1.18.</summary>
    public const uint Version = 18;

    private const int Failure = 1;

    private enum Slot
    {
        CreateStatus = 0,
        GetErrorMessage = 2,
        CreateCustomOpDomain = 26,
        CustomOpDomainAdd = 27,
        AddCustomOpDomain = 28,
        GetTensorMutableData = 51,
        GetDimensionsCount = 61,
        GetDimensions = 62,
        GetTensorTypeAndShape = 65,
        KernelInfoGetAttributeFloat = 85,
        KernelInfoGetAttributeInt64 = 86,
        KernelContextGetInputCount = 88,
        KernelContextGetOutputCount = 89,
        KernelContextGetInput = 90,
        KernelContextGetOutput = 91,
        ReleaseStatus = 93,
        ReleaseTensorTypeAndShapeInfo = 99,
        KernelInfoGetAttributeArrayInt64 = 163,
        KernelContextParallelFor = 274,
    }

    private static readonly nint* Table = LoadTable();

    /// <summary>Creates a domain of operators; it lives as long as the process.</summary>
    public static nint CreateDomain(string name)
    {
        nint domain;
        using var text = new Utf8Text(name);
        Check(((delegate* unmanaged<nint, nint*, nint>)Function(Slot.CreateCustomOpDomain))(text.Pointer, &domain));
        return domain;
    }

    public static void AddOperator(nint domain, nint op) =>
        Check(((delegate* unmanaged<nint, nint, nint>)Function(Slot.CustomOpDomainAdd))(domain, op));

    public static void AddDomain(SessionOptions options, nint domain)
    {
        bool held = false;
        try
        {
            options.DangerousAddRef(ref held);
            nint handle = options.DangerousGetHandle();
            Check(((delegate* unmanaged<nint, nint, nint>)Function(Slot.AddCustomOpDomain))(handle, domain));
        }
        finally
        {
            if (held)
                options.DangerousRelease();
        }
    }

    /// <summary>A status for ONNX Runtime, which makes an <see cref="OnnxRuntimeException"/> of it.</summary>
    public static nint CreateStatus(string message)
    {
        using var text = new Utf8Text(message);
        return ((delegate* unmanaged<int, nint, nint>)Function(Slot.CreateStatus))(Failure, text.Pointer);
    }

    public static float Attribute(nint info, string name, float absent)
    {
        float value;
        using var text = new Utf8Text(name);
        nint status = ((delegate* unmanaged<nint, nint, float*, nint>)Function(Slot.KernelInfoGetAttributeFloat))(
            info, text.Pointer, &value);
        return Succeeded(status) ? value : absent;
    }

    public static long Attribute(nint info, string name, long absent)
    {
        long value;
        using var text = new Utf8Text(name);
        nint status = ((delegate* unmanaged<nint, nint, long*, nint>)Function(Slot.KernelInfoGetAttributeInt64))(
            info, text.Pointer, &value);
        return Succeeded(status) ? value : absent;
    }

    public static long[]? Attribute(nint info, string name)
    {
        nuint count = 0;
        using var text = new Utf8Text(name);
        var get = (delegate* unmanaged<nint, nint, long*, nuint*, nint>)Function(Slot.KernelInfoGetAttributeArrayInt64);
        if (!Succeeded(get(info, text.Pointer, null, &count)))
            return null;
        var values = new long[(int)count];
        fixed (long* first = values)
            Check(get(info, text.Pointer, first, &count));
        return values;
    }

    public static int InputCount(nint context) => Count(context, Slot.KernelContextGetInputCount);

    public static int OutputCount(nint context) => Count(context, Slot.KernelContextGetOutputCount);

    /// <summary>The input's value; zero when the node leaves it out.</summary>
    public static nint Input(nint context, int index)
    {
        nint value;
        Check(((delegate* unmanaged[SuppressGCTransition]<nint, nuint, nint*, nint>)Function(Slot.KernelContextGetInput))(
            context, (nuint)index, &value));
        return value;
    }

    /// <summary>The output's value, allocated with the shape; zero when the node leaves it out.</summary>
    public static nint Output(nint context, int index, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* first = shape)
        {
            var get = (delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)
                Function(Slot.KernelContextGetOutput);
            Check(get(context, (nuint)index, first, (nuint)shape.Length, &value));
        }
        return value;
    }

    public static void* Data(nint value)
    {
        void* data;
        Check(((delegate* unmanaged[SuppressGCTransition]<nint, void**, nint>)Function(Slot.GetTensorMutableData))(value, &data));
        return data;
    }

    /// <summary>Copies the dimensions of a tensor.</summary>
    /// <returns>How many there are; nothing is copied when they are more than the room for them.</returns>
    public static int Shape(nint value, Span<long> dimensions)
    {
        nint info;
        Check(((delegate* unmanaged[SuppressGCTransition]<nint, nint*, nint>)Function(Slot.GetTensorTypeAndShape))(value, &info));
        try
        {
            nuint rank;
            Check(((delegate* unmanaged[SuppressGCTransition]<nint, nuint*, nint>)Function(Slot.GetDimensionsCount))(info, &rank));
            if ((int)rank <= dimensions.Length)
            {
                fixed (long* first = dimensions)
                    Check(((delegate* unmanaged[SuppressGCTransition]<nint, long*, nuint, nint>)Function(Slot.GetDimensions))(
                        info, first, rank));
            }
            return (int)rank;
        }
        finally
        {
            ((delegate* unmanaged[SuppressGCTransition]<nint, void>)Function(Slot.ReleaseTensorTypeAndShapeInfo))(info);
        }
    }

    /// <summary>Calls <paramref name="body"/> for 0 to <paramref name="count"/> - 1 on the session's threads.</summary>
    public static void ParallelFor(nint context, delegate* unmanaged<void*, nuint, void> body, int count, void* state)
    {
        var parallelFor =
            (delegate* unmanaged<nint, delegate* unmanaged<void*, nuint, void>, nuint, nuint, void*, nint>)
            Function(Slot.KernelContextParallelFor);
        Check(parallelFor(context, body, (nuint)count, 0, state));
    }

    private static int Count(nint context, Slot slot)
    {
        nuint count;
        Check(((delegate* unmanaged[SuppressGCTransition]<nint, nuint*, nint>)Function(slot))(context, &count));
        return (int)count;
    }

    private static nint Function(Slot slot) => Table[(int)slot];

    private static bool Succeeded(nint status)
    {
        if (status == 0)
            return true;
        ((delegate* unmanaged<nint, void>)Function(Slot.ReleaseStatus))(status);
        return false;
    }

    private static void Check(nint status)
    {
        if (status == 0)
            return;
        nint text = ((delegate* unmanaged<nint, nint>)Function(Slot.GetErrorMessage))(status);
        string message = Marshal.PtrToStringUTF8(text) ?? "no message";
        ((delegate* unmanaged<nint, void>)Function(Slot.ReleaseStatus))(status);
        throw new InvalidOperationException($"ONNX Runtime refused a call of an Elsa operator: {message}");
    }

    private static nint* LoadTable()
    {
        nint* entry = OrtGetApiBase();
        var table = ((delegate* unmanaged<uint, nint*>)entry[0])(Version);
        return table is not null
            ? table
            : throw new NotSupportedException(
                $"ONNX Runtime {Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)entry[1])())} does not offer " +
                $"version {Version} of its interface, which operators in C# need. Reference ONNX Runtime 1.18 or " +
                "later.");
    }

    [LibraryImport("onnxruntime")]
    private static partial nint* OrtGetApiBase();

    private readonly ref struct Utf8Text(string text)
    {
        public readonly nint Pointer = Marshal.StringToCoTaskMemUTF8(text);

        public void Dispose() => Marshal.FreeCoTaskMem(Pointer);
    }
}
