using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>Where one output of a run goes: into memory that is bound to the run, or copied from what the run gives.</summary>
internal abstract class OutputPort : IDisposable
{
    /// <summary>The rows, as values of the column.</summary>
    public abstract IRowValues Values { get; }

    /// <summary>Memory that ONNX Runtime can write into; null if it makes its own.</summary>
    public virtual TensorBuffer? Memory => null;

    /// <param name="tensor">The model's output.</param>
    /// <param name="rowDimensions">Dimensions of one row; of no meaning unless the output is a tensor.</param>
    /// <param name="hasBatch">Whether the tensor has a leading dimension for the rows.</param>
    /// <param name="capacity">Rows.</param>
    public static OutputPort Of(ModelTensor tensor, long[] rowDimensions, bool hasBatch, int capacity) =>
        tensor.Objects is { } objects ? new ObjectPort(objects)
        : tensor.ElementType == DataType.String ? new Texts(tensor, new TextRows(rowDimensions, hasBatch, capacity))
        : new Numbers(tensor, rowDimensions, hasBatch, capacity);

    /// <summary>Copies what a run gave for the first rows.</summary>
    public abstract void Take(OrtValue result, int rows);

    public abstract void Dispose();

    private static void CheckSize(ModelTensor tensor, OrtValue result, long promised)
    {
        long found = result.GetTensorTypeAndShape().ElementCount;
        if (found != promised)
        {
            throw new InvalidOperationException(
                $"The model's output {tensor} gives {found} values where other rows gave {promised}. Only outputs " +
                "whose size is the same for every row can be columns; leave the output out.");
        }
    }

    private sealed class Numbers : OutputPort
    {
        private readonly ModelTensor _tensor;
        private readonly TensorBuffer _buffer;

        public Numbers(ModelTensor tensor, long[] rowDimensions, bool hasBatch, int capacity)
        {
            _tensor = tensor;
            var item = TensorElements.ItemType(tensor.ElementType).RawType;
            _buffer = new TensorBuffer(tensor.ElementType, rowDimensions, hasBatch, capacity, item);
            Values = (IRowValues)Activator.CreateInstance(typeof(NumberRows<>).MakeGenericType(item), _buffer)!;
        }

        public override IRowValues Values { get; }

        public override TensorBuffer? Memory => _buffer;

        public override void Take(OrtValue result, int rows)
        {
            CheckSize(_tensor, result, (long)rows * _buffer.RowSize);
            _buffer.Take(result.GetTensorMutableRawData(), rows);
        }

        public override void Dispose() => _buffer.Dispose();
    }

    private sealed class Texts(ModelTensor tensor, TextRows rows) : OutputPort
    {
        public override IRowValues Values => rows;

        public override void Take(OrtValue result, int count)
        {
            CheckSize(tensor, result, (long)count * rows.RowSize);
            rows.Take(result, count);
        }

        public override void Dispose()
        {
        }
    }
}
