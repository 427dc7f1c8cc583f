using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>Where the rows of one input are written, and the tensor that is made of them.</summary>
internal abstract class InputPort : IDisposable
{
    /// <summary>The rows, as values of the column.</summary>
    public abstract IRowValues Values { get; }

    /// <summary>Memory that ONNX Runtime reads; null if every tensor has its own.</summary>
    public virtual TensorBuffer? Memory => null;

    /// <param name="elementType">Element type of the model's input.</param>
    /// <param name="itemType">Type of the column's values.</param>
    /// <param name="rowDimensions">Dimensions of one row.</param>
    /// <param name="hasBatch">Whether the tensor has a leading dimension for the rows.</param>
    /// <param name="capacity">Rows.</param>
    public static InputPort Of(
        DataType elementType, Type itemType, long[] rowDimensions, bool hasBatch, int capacity) =>
        elementType == DataType.String
            ? new Texts(new TextRows(rowDimensions, hasBatch, capacity))
            : new Numbers(new TensorBuffer(elementType, rowDimensions, hasBatch, capacity, itemType), itemType);

    /// <summary>The first rows as a tensor, which stays the port's.</summary>
    public abstract OrtValue Tensor(int rows);

    public abstract void Dispose();

    private sealed class Numbers(TensorBuffer buffer, Type itemType) : InputPort
    {
        public override IRowValues Values { get; } =
            (IRowValues)Activator.CreateInstance(typeof(NumberRows<>).MakeGenericType(itemType), buffer)!;

        public override TensorBuffer? Memory => buffer;

        public override OrtValue Tensor(int rows)
        {
            buffer.Encode(rows);
            return buffer.Tensor(rows);
        }

        public override void Dispose() => buffer.Dispose();
    }

    private sealed class Texts(TextRows rows) : InputPort
    {
        private OrtValue? _tensor;

        public override IRowValues Values => rows;

        public override OrtValue Tensor(int count)
        {
            _tensor?.Dispose();
            return _tensor = rows.Tensor(count);
        }

        public override void Dispose() => _tensor?.Dispose();
    }
}
