using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Outputs that are no tensors, as ML.NET's own OnnxTransformer represents them: a map is an IDictionary, a sequence of
/// maps an IEnumerable of them. Keys are integers or strings, values numbers or strings.
/// </summary>
internal abstract class OnnxObjects
{
    /// <summary>Type of the output's column.</summary>
    public abstract DataViewType ColumnType { get; }

    /// <summary>The output of this type; null if no column can hold it.</summary>
    public static OnnxObjects? Of(TypeProto? type) => type?.ValueCase switch
    {
        TypeProto.ValueOneofCase.MapType when MapOf(type.MapType) is { } map => map,
        TypeProto.ValueOneofCase.SequenceType
            when type.SequenceType.ElemType is { ValueCase: TypeProto.ValueOneofCase.MapType } element
            && MapOf(element.MapType) is { } map => map.Sequence(),
        _ => null,
    };

    public abstract ObjectPort.IObjectRow NewRow();

    /// <summary>Copies a value of ONNX Runtime.</summary>
    public abstract object Read(OrtValue value);

    /// <summary>The sequence of such objects.</summary>
    protected abstract OnnxObjects Sequence();

    private static OnnxObjects? MapOf(TypeProto.Types.Map map)
    {
        var value = map.ValueType is { ValueCase: TypeProto.ValueOneofCase.TensorType } tensor
            ? Native((DataType)tensor.TensorType.ElemType)
            : null;
        return Native((DataType)map.KeyType) is { } key && value is not null
            ? (OnnxObjects)Activator.CreateInstance(typeof(Map<,>).MakeGenericType(key, value))!
            : null;
    }

    // What ONNX Runtime allows in maps.
    private static Type? Native(DataType type) => type switch
    {
        DataType.Int64 => typeof(long),
        DataType.Float => typeof(float),
        DataType.Double => typeof(double),
        DataType.String => typeof(string),
        _ => null,
    };

    private sealed class Map<TKey, TValue> : OnnxObjects
        where TKey : notnull
    {
        public override DataViewType ColumnType => new OnnxMapType(typeof(TKey), typeof(TValue));

        public override ObjectPort.IObjectRow NewRow() => new ObjectPort.ObjectRow<IDictionary<TKey, TValue>>();

        public override object Read(OrtValue value)
        {
            using var keys = value.GetValue(0, OrtAllocator.DefaultInstance);
            using var values = value.GetValue(1, OrtAllocator.DefaultInstance);
            var map = new Dictionary<TKey, TValue>();
            foreach (var (key, item) in Elements<TKey>(keys).Zip(Elements<TValue>(values)))
                map[key] = item;
            return map;
        }

        protected override OnnxObjects Sequence() => new SequenceOf<IDictionary<TKey, TValue>>(this);

        private static T[] Elements<T>(OrtValue tensor)
        {
            if (typeof(T) == typeof(string))
                return (T[])(object)tensor.GetStringTensorAsArray();
            if (typeof(T) == typeof(long))
                return (T[])(object)tensor.GetTensorDataAsSpan<long>().ToArray();
            return typeof(T) == typeof(float)
                ? (T[])(object)tensor.GetTensorDataAsSpan<float>().ToArray()
                : (T[])(object)tensor.GetTensorDataAsSpan<double>().ToArray();
        }
    }

    private sealed class SequenceOf<T>(OnnxObjects element) : OnnxObjects
    {
        public override DataViewType ColumnType => new OnnxSequenceType(typeof(T));

        public override ObjectPort.IObjectRow NewRow() => new ObjectPort.ObjectRow<IEnumerable<T>>();

        public override object Read(OrtValue value)
        {
            var items = new List<T>();
            for (int index = 0; index < value.GetValueCount(); index++)
            {
                using var item = value.GetValue(index, OrtAllocator.DefaultInstance);
                items.Add((T)element.Read(item));
            }
            return items;
        }

        protected override OnnxObjects Sequence() => new SequenceOf<IEnumerable<T>>(this);
    }
}
