using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Twins in a device's memory of the tensors that a scorer reads and writes. They are made once and serve every batch of
/// the same size: a batch is copied into its twin, run there, and its scores are copied back. Not thread safe.
/// </summary>
internal sealed class DeviceTensors : IDisposable
{
    private readonly OrtMemoryInfo _info;
    private readonly OrtAllocator _memory;
    private OrtValue[] _hostInputs = [], _hostOutputs = [], _inputs = [], _outputs = [];

    private DeviceTensors(OrtMemoryInfo info, OrtAllocator memory)
    {
        _info = info;
        _memory = memory;
    }

    /// <summary>Times that twins were made.</summary>
    public int Allocations { get; private set; }

    /// <summary>
    /// Null if the session's provider has no memory of its own that we know, or ONNX Runtime cannot copy to and from
    /// it: then ONNX Runtime copies inside every run.
    /// </summary>
    public static DeviceTensors? TryCreate(InferenceSession session, Provider provider)
    {
        if (provider.Memory is not { } memoryName)
            return null;
        return TryCreate(session, memoryName)
            ?? (provider.TryRegisterCopying() ? TryCreate(session, memoryName) : null);
    }

    private static DeviceTensors? TryCreate(InferenceSession session, string memoryName)
    {
        OrtMemoryInfo? info = null;
        DeviceTensors? tensors = null;
        try
        {
            info = new OrtMemoryInfo(memoryName, OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);
            tensors = new DeviceTensors(info, new OrtAllocator(session, info));
            using var host = OrtValue.CreateTensorValueFromMemory(new float[4], [4]);
            using var twin = tensors.Twin(host);
            NativeRuntime.Environment.CopyTensors([host], [twin], null);
            NativeRuntime.Environment.CopyTensors([twin], [host], null);
            return tensors;
        }
        catch (OnnxRuntimeException)
        {
            if (tensors is null)
                info?.Dispose();
            tensors?.Dispose();
            return null;
        }
    }

    /// <summary>Runs on the twins of these tensors; the same tensors as last time have twins already.</summary>
    /// <param name="inputs">Tensors in the machine's memory.</param>
    /// <param name="outputs">Tensors in the machine's memory; filled.</param>
    /// <param name="run">Runs the session on device inputs and outputs.</param>
    public void Run(OrtValue[] inputs, OrtValue[] outputs, Action<OrtValue[], OrtValue[]> run)
    {
        if (!inputs.AsSpan().SequenceEqual(_hostInputs) || !outputs.AsSpan().SequenceEqual(_hostOutputs))
        {
            Free();
            (_inputs, _outputs) = ([.. inputs.Select(Twin)], [.. outputs.Select(Twin)]);
            (_hostInputs, _hostOutputs) = ([.. inputs], [.. outputs]);
            Allocations++;
        }
        NativeRuntime.Environment.CopyTensors(_hostInputs, _inputs, null);
        run(_inputs, _outputs);
        NativeRuntime.Environment.CopyTensors(_outputs, _hostOutputs, null);
    }

    public void Dispose()
    {
        Free();
        _memory.Dispose();
        _info.Dispose();
    }

    private OrtValue Twin(OrtValue host)
    {
        var shape = host.GetTensorTypeAndShape();
        return OrtValue.CreateAllocatedTensorValue(_memory, shape.ElementDataType, shape.Shape);
    }

    private void Free()
    {
        foreach (var tensor in (OrtValue[])[.. _inputs, .. _outputs])
            tensor.Dispose();
        _hostInputs = _hostOutputs = _inputs = _outputs = [];
    }
}
