using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>What a model wants of columns and promises of them, before there is data.</summary>
/// <param name="Inputs">Per input what it wants.</param>
/// <param name="Outputs">Per output the type of its column; a vector's size is not told.</param>
internal sealed record ModelColumns(IReadOnlyList<WantedColumn> Inputs, IReadOnlyList<DataViewType> Outputs);

/// <summary>What one input wants.</summary>
/// <param name="Description">Name, element type and shape of the input, for messages.</param>
/// <param name="ItemTypes">Types that a column's values may have.</param>
internal sealed record WantedColumn(string Description, IReadOnlyList<DataViewType> ItemTypes);
