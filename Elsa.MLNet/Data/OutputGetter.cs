using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>The getter of a column that the model makes.</summary>
internal abstract class OutputGetter
{
    /// <summary>A ValueGetter of the column's type.</summary>
    public abstract Delegate Getter { get; }

    /// <param name="row">The row.</param>
    /// <param name="output">Which output.</param>
    /// <param name="type">The column's type.</param>
    public static Delegate Of(IScoredRow row, int output, DataViewType type)
    {
        var getter = type is VectorDataViewType vector
            ? typeof(VectorGetter<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(ScalarGetter<>).MakeGenericType(type.RawType);
        return ((OutputGetter)Activator.CreateInstance(getter, row, output)!).Getter;
    }

    private sealed class VectorGetter<T>(IScoredRow row, int output) : OutputGetter
    {
        public override Delegate Getter => new ValueGetter<VBuffer<T>>((ref VBuffer<T> value) =>
        {
            var (scorer, place) = row.Scored();
            var values = ((IRowValues<T>)scorer.Outputs(output)).Row(place);
            var editor = VBufferEditor.Create(ref value, values.Length);
            values.CopyTo(editor.Values);
            value = editor.Commit();
        });
    }

    private sealed class ScalarGetter<T>(IScoredRow row, int output) : OutputGetter
    {
        public override Delegate Getter => new ValueGetter<T>((ref T value) =>
        {
            var (scorer, place) = row.Scored();
            value = ((IRowValues<T>)scorer.Outputs(output)).Row(place)[0];
        });
    }
}
