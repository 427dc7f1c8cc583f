using System.Diagnostics;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Tests.Format;

/// <summary>Damaged parents are refused with a ParentFormatException, or read with the content that was written.</summary>
[TestClass]
public sealed class HostileFileTests
{
    const long BaseBytes = 64L << 20;
    const int BytesPerByte = 4;

    // What MessageBudget lets through at most: it leaves room for real graphs of many small nodes, whose parsed form takes
    // ten times their bytes, and a file made of nothing but empty messages can use that room several times over.
    const long MostBytesOfEmptyMessages = 256L << 20;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Eight_thousand_damaged_files_are_refused_or_read_as_written() => Attack(8_000, 1);

    [TestMethod]
    [TestCategory("Slow")]
    public void Two_hundred_thousand_damaged_files_are_refused_or_read_as_written() => Attack(200_000, 1_000_000);

    [TestMethod]
    [DynamicData(nameof(Bombs))]
    public void Small_files_that_claim_much_are_refused_in_little_memory(string name, byte[] bomb)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        var error = Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Parse(bomb));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.WriteLine($"{name}: {bomb.Length} bytes, {error.Error}, {allocated >> 20} MB, {watch.ElapsedMilliseconds} ms");
        var most = error.Error == ParentFormatError.TooLarge ? BytesPerByte * (long)bomb.Length + BaseBytes : MostBytesOfEmptyMessages;
        Assert.IsLessThan(most, allocated, name);
    }

    public static IEnumerable<(string Name, byte[] Bomb)> Bombs()
    {
        var parent = SmallParents.Make("float32").ToBytes();
        byte[] nodes = [.. Enumerable.Repeat((byte[])[0x0A, 0x00], 2_000_000).SelectMany(two => two)];
        yield return ("empty nodes", Graph(nodes));
        yield return ("empty nodes behind a group", [0x9B, 0x06, 0x9C, 0x06, .. Graph(nodes)]);
        yield return ("empty nodes under a tag of 64 bits", [0xBA, 0x80, 0x80, 0x80, 0x10, .. Graph(nodes)[1..]]);
        yield return ("empty nodes behind a parent", [.. parent, .. Graph(nodes)]);
        yield return ("empty initializers behind a parent", [.. parent, .. Graph([.. Enumerable.Repeat((byte[])[0x2A, 0x00], 2_000_000).SelectMany(two => two)])]);
        foreach (var (name, tag) in new[] { ("nodes", (byte)0x0A), ("initializers", (byte)0x2A), ("inputs", (byte)0x5A) })
            yield return ($"as many empty {name} as the budget lets through", [.. parent, .. Graph([.. Enumerable.Repeat((byte[])[tag, 0x00], 160_000).SelectMany(two => two)])]);
        var model = ModelProto.Parser.ParseFrom(parent);
        var node = new NodeProto { Name = new string('n', 1 << 20) };
        var attribute = new AttributeProto { Name = "a" };
        for (var index = 0; index < 10_000; index++) attribute.Graphs.Add(new GraphProto());
        node.Attribute.Add(attribute);
        model.Graph.Node.Add(node);
        yield return ("one long name over many graphs", model.ToByteArray());
    }

    static byte[] Graph(byte[] fields)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(ModelProto.GraphFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(fields));
        }
        return stream.ToArray();
    }

    void Attack(int count, int firstSeed)
    {
        var starts = SmallParents.Kinds.Select(kind =>
        {
            var parent = SmallParents.Make(kind);
            return (Kind: kind, Bytes: parent.ToBytes(), Levels: Enumerable.Range(0, 3).Select(level => SmallParents.Canonical(parent.Extract(level))).ToArray());
        }).ToArray();
        var outcomes = new SortedDictionary<(string Category, string Outcome), int>();
        var failures = new List<string>();
        long worstMilliseconds = 0, worstBytes = 0;
        for (var index = 0; index < count; index++)
        {
            var category = FileMutator.Categories[index % FileMutator.Categories.Length];
            var (kind, bytes, levels) = starts[index / FileMutator.Categories.Length % starts.Length];
            var hostile = new FileMutator(bytes, firstSeed + index).Mutate(category);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            var outcome = Try(hostile, levels);
            var (took, allocated) = (watch.ElapsedMilliseconds, GC.GetAllocatedBytesForCurrentThread() - before);
            (worstMilliseconds, worstBytes) = (Math.Max(worstMilliseconds, took), Math.Max(worstBytes, allocated));
            if (took > 1000 && Retry(hostile, levels) > 1000) outcome = "! slow";
            if (allocated > BytesPerByte * (long)hostile.Length + BaseBytes) outcome = $"! {allocated} bytes";
            if (outcome[0] == '!' && failures.Count < 20) failures.Add($"{kind}, {category}, seed {firstSeed + index}: {outcome}");
            outcomes[(category, outcome)] = outcomes.GetValueOrDefault((category, outcome)) + 1;
        }
        foreach (var ((category, outcome), times) in outcomes) TestContext.WriteLine($"{category,-24} {outcome,-24} {times,7}");
        TestContext.WriteLine($"worst: {worstMilliseconds} ms, {worstBytes >> 10} KB");
        Assert.IsEmpty(failures, string.Join(Environment.NewLine, failures));
    }

    // A pause of the machine is not the library's fault; a slow file is slow twice.
    static long Retry(byte[] hostile, byte[][] levels)
    {
        var watch = Stopwatch.StartNew();
        Try(hostile, levels);
        return watch.ElapsedMilliseconds;
    }

    static string Try(byte[] hostile, byte[][] levels)
    {
        try
        {
            ParentVerification.OfParent(hostile);
            var parent = ParentModel.Parse(hostile);
            parent.ToBytes();
            if (parent.Levels.Count > levels.Length) return "! more levels";
            for (var level = 0; level < parent.Levels.Count; level++)
                if (!SmallParents.Canonical(parent.Extract(level)).AsSpan().SequenceEqual(levels[level])) return $"! level {level} differs";
            return parent.Levels.Count == levels.Length ? "read as written" : "read with fewer levels";
        }
        catch (ParentFormatException error)
        {
            return error.Error.ToString();
        }
#pragma warning disable CA1031 // Any other exception is what this test looks for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"! {error.GetType().Name} {error.Message.Split('\n')[0]} {error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Elsa", StringComparison.Ordinal))}";
        }
    }
}
