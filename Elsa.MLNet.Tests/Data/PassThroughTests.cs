using Elsa.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class PassThroughTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void Columns_of_every_kind_come_through_unchanged()
    {
        var source = _context.Transforms.Conversion.MapValueToKey("KeyOfText", "Text")
            .Append(_context.Transforms.Text.TokenizeIntoWords("Words", "Text"))
            .Append(_context.Transforms.Conversion.MapValueToKey("KeysOfWords", "Words"))
            .Append(_context.Transforms.Text.TokenizeIntoCharactersAsKeys("Characters", "Text"))
            .Fit(Rows()).Transform(Rows());
        var model = new FakeModel(2);
        var view = new ScoredDataView(
            ((Microsoft.ML.Runtime.IHostEnvironment)_context).Register("test"), source, new ScoredSchema(source.Schema, new ScoringColumns("Score", "Features"), model), model,
            new ElsaExecutionOptions { BatchSize = 4 });
        int compared = 0;
        foreach (var column in source.Schema)
        {
            var ours = view.Schema.Single(c => c.Name == column.Name && c.IsHidden == column.IsHidden);
            Assert.AreEqual(column.Type, ours.Type);
            var read = typeof(PassThroughTests).GetMethod(nameof(Values), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
                .MakeGenericMethod(column.Type.RawType);
            var expected = (string[])read.Invoke(null, [source, column, false])!;
            CollectionAssert.AreEqual(expected, (string[])read.Invoke(null, [view, ours, true])!, column.ToString());
            compared++;
        }
        Assert.IsGreaterThanOrEqualTo(24, compared);
    }

    [TestMethod]
    public void An_object_that_was_handed_on_is_never_offered_to_the_source_again()
    {
        var source = new PictureRow();
        var column = new BufferedValues<Picture>(source, source.Schema[0], capacity: 1);
        var position = new BatchPosition { Row = 0 };
        var getter = (ValueGetter<Picture>)column.Getter(position);
        Picture mine = null!;

        column.Read(0);
        getter(ref mine);
        var again = new Picture();
        getter(ref again);
        Assert.AreSame(mine, again, "asked twice, the row gives the same object");
        column.Read(0);
        Assert.IsFalse(mine.Disposed, "the reader's object belongs to the reader");
        var unread = source.Latest!;
        column.Read(0);
        Assert.IsTrue(unread.Disposed, "an object that nobody asked for goes back to the source, which reuses it as it likes");
    }

    private static string[] Values<T>(IDataView view, DataViewSchema.Column column, bool withScore)
    {
        var values = new List<string>();
        using var cursor = view.GetRowCursor(withScore ? [column, view.Schema["Score"]] : [column]);
        var getter = cursor.GetGetter<T>(column);
        T value = default!;
        while (cursor.MoveNext())
        {
            getter(ref value);
            values.Add(Text(value!));
        }
        Assert.HasCount(11, values);
        return [.. values];
    }

    private static string Text(object value) => value switch
    {
        _ when value.GetType().Name.StartsWith("VBuffer", StringComparison.Ordinal) =>
            value + ": " + string.Join("|", (IEnumerable<object>)((System.Collections.IEnumerable)value.GetType().GetMethod("DenseValues")!.Invoke(value, [])!).Cast<object>().Select(Text)),
        _ => value.ToString()!,
    };

    private IDataView Rows()
    {
        var random = new Random(2);
        return _context.Data.LoadFromEnumerable(Enumerable.Range(0, 11).Select(i => new ManyKinds
        {
            Features = [i, -i],
            Flag = i % 3 == 0,
            I1 = (sbyte)-i,
            I2 = (short)(i * 300),
            I4 = i << 20,
            I8 = (long)i << 40,
            U1 = (byte)i,
            U2 = (ushort)(i * 6000),
            U4 = (uint)i << 28,
            U8 = ulong.MaxValue - (ulong)i,
            R4 = i == 5 ? float.NaN : random.NextSingle(),
            R8 = random.NextDouble(),
            Text = i == 4 ? "" : string.Join(' ', Enumerable.Range(0, i + 1).Select(w => "word" + w)),
            Key = (uint)(i % 4),
            Span = TimeSpan.FromMinutes(i),
            Day = new DateTime(2020, 1, 1 + i, 0, 0, 0, DateTimeKind.Utc),
            Moment = new DateTimeOffset(2020, 1, 1 + i, 0, 0, 0, TimeSpan.FromHours(i)),
            Id = new DataViewRowId((ulong)i, 99),
            Sparse = new VBuffer<double>(9, 1, [i], [i % 9]),
            Variable = new VBuffer<int>(i, [.. Enumerable.Range(0, i)]),
            Flags = [i % 2 == 0, true],
            Names = ["a" + i, "", "c"],
        }).ToArray());
    }

    internal sealed class ManyKinds
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
        public bool Flag { get; set; }
        public sbyte I1 { get; set; }
        public short I2 { get; set; }
        public int I4 { get; set; }
        public long I8 { get; set; }
        public byte U1 { get; set; }
        public ushort U2 { get; set; }
        public uint U4 { get; set; }
        public ulong U8 { get; set; }
        public float R4 { get; set; }
        public double R8 { get; set; }
        public string Text { get; set; } = "";
        [KeyType(4)]
        public uint Key { get; set; }
        public TimeSpan Span { get; set; }
        public DateTime Day { get; set; }
        public DateTimeOffset Moment { get; set; }
        public DataViewRowId Id { get; set; }
        [VectorType(9)]
        public VBuffer<double> Sparse { get; set; }
        public VBuffer<int> Variable { get; set; }
        [VectorType(2)]
        public bool[] Flags { get; set; } = [];
        [VectorType(3)]
        public string[] Names { get; set; } = [];
    }

    private sealed class Picture : IDisposable
    {
        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }

    private sealed class PictureType() : StructuredDataViewType(typeof(Picture))
    {
        public override bool Equals(DataViewType? other) => other is PictureType;

        public override int GetHashCode() => 1;
    }

    /// <summary>As ML.NET's image loader: a new object for every call, and the old one is disposed.</summary>
    private sealed class PictureRow : DataViewRow
    {
        public PictureRow()
        {
            var builder = new DataViewSchema.Builder();
            builder.AddColumn("Picture", new PictureType());
            Schema = builder.ToSchema();
        }

        public Picture? Latest { get; private set; }

        public override DataViewSchema Schema { get; }

        public override long Position => 0;

        public override long Batch => 0;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = default;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            (ValueGetter<TValue>)(Delegate)new ValueGetter<Picture>((ref Picture value) =>
            {
                value?.Dispose();
                value = Latest = new Picture();
            });
    }
}
