using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>A column that is to feed an input, as its schema tells.</summary>
internal sealed record InputColumn(string Name, DataViewType Type)
{
    /// <summary>Type of one value.</summary>
    public DataViewType ItemType => Type is VectorDataViewType vector ? vector.ItemType : Type;

    /// <summary>Values of one row; 0 if it varies by row.</summary>
    public int Size => Type is VectorDataViewType vector ? vector.Size : 1;

    /// <summary>Dimensions of a vector's type; none for a single value.</summary>
    public IReadOnlyList<int> Dimensions => Type is VectorDataViewType vector ? vector.Dimensions : [];
}
