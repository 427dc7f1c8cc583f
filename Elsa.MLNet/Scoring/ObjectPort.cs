using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>A sequence or a map of the one row that was scored.</summary>
internal sealed class ObjectPort(OnnxObjects objects) : OutputPort
{
    private readonly IObjectRow _row = objects.NewRow();

    public override IRowValues Values => _row;

    public override void Take(OrtValue result, int rows) => _row.Set(objects.Read(result));

    public override void Dispose()
    {
    }

    /// <summary>One value, set as an object.</summary>
    internal interface IObjectRow : IRowValues
    {
        void Set(object value);
    }

    internal sealed class ObjectRow<T> : IRowValues<T>, IObjectRow
    {
        private readonly T[] _value = new T[1];

        public Span<T> Row(int row) => _value;

        public void Set(object value) => _value[0] = (T)value;
    }
}
