using System.Text.Json.Nodes;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Tests.Format;

/// <summary>A thousand tampered files: verification finds each, and its first finding names the right kind.</summary>
[TestClass]
public sealed class TamperingTests
{
    static readonly (string Name, ParentModel Parent)[] Parents = [.. SmallParents.Kinds.Select(kind => (kind, SmallParents.Make(kind)))];

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("a changed weight", ParentFormatError.WeightsChanged)]
    [DataRow("a changed mask", ParentFormatError.MaskChanged)]
    [DataRow("exchanged side parameters", ParentFormatError.LevelSwapped)]
    [DataRow("exchanged level entries", ParentFormatError.LevelSwapped)]
    [DataRow("exchanged level hashes", ParentFormatError.LevelSwapped)]
    [DataRow("exchanged level counts", ParentFormatError.LevelSwapped)]
    [DataRow("an edited manifest", ParentFormatError.ManifestChanged)]
    [DataRow("an edited level hash", ParentFormatError.ManifestChanged)]
    [DataRow("a changed side parameter", ParentFormatError.SideParametersChanged)]
    [DataRow("a changed graph", ParentFormatError.GraphChanged)]
    public void A_tampered_parent_is_found_and_named(string how, ParentFormatError expected) => Each(how.Contains("side", StringComparison.Ordinal), (parent, random) =>
    {
        var model = parent.ToModel();
        TamperParent(how, parent, model, random);
        return (ParentVerification.OfParent(model.ToByteArray()), expected);
    });

    [TestMethod]
    [DataRow("a changed weight", ParentFormatError.WeightsChanged)]
    [DataRow("a dropped or restored weight", ParentFormatError.MaskChanged)]
    [DataRow("another level", ParentFormatError.LevelSwapped)]
    [DataRow("side parameters of another level", ParentFormatError.LevelSwapped)]
    [DataRow("a changed side parameter", ParentFormatError.SideParametersChanged)]
    [DataRow("a changed graph", ParentFormatError.GraphChanged)]
    public void A_tampered_extracted_file_is_found_and_named(string how, ParentFormatError expected) => Each(how.Contains("side", StringComparison.Ordinal), (parent, random) =>
    {
        var level = random.Next(parent.Levels.Count);
        var model = parent.Extract(how == "another level" ? (level + 1) % parent.Levels.Count : level).Clone();
        TamperExtracted(how, parent, level, model, random);
        var named = how == "another level" || random.Next(2) == 0 ? parent.Levels[level].Name : null;
        return (ParentVerification.OfExtracted(parent, model, named), expected);
    });

    [TestMethod]
    public void Untouched_parents_and_extracted_files_are_valid()
    {
        foreach (var (_, parent) in Parents)
        {
            Assert.IsEmpty(ParentVerification.OfParent(parent.ToBytes()).Findings);
            foreach (var level in parent.Levels)
            {
                var found = ParentVerification.OfExtracted(parent, parent.Extract(level.Index), level.Name);
                Assert.IsEmpty(found.Findings);
                Assert.AreEqual(level.Name, found.Level);
            }
        }
    }

    [TestMethod]
    public void A_level_equal_to_another_one_is_not_taken_for_it()
    {
        var model = MaskableModel.From(SmallParents.Dense());
        var parent = ParentModel.Create(model, new ParentContent
        {
            Masks = SmallParents.Magnitude(model, 0.5, 0.5),
            LevelNames = ["a", "b"],
            Fit = new ElsaFit { Method = "post-training", Importance = "magnitude", Allocation = "global" },
        });
        Assert.AreEqual("b", ParentVerification.OfExtracted(parent, parent.Extract(2), "b").Level);
        Assert.IsTrue(ParentVerification.OfExtracted(parent, parent.Extract(2), "b").IsValid);
    }

    [TestMethod]
    public void An_extracted_file_is_not_valid_against_a_parent_whose_level_hash_was_edited()
    {
        var model = Parents[0].Parent.ToModel();
        SmallParents.EditManifest(model, manifest => manifest["levels"]![1]!["sha256"] = new string('0', 64));
        var edited = ParentModel.Parse(model.ToByteArray());
        Assert.AreEqual(ParentFormatError.ManifestChanged, ParentVerification.OfExtracted(edited, edited.Extract(1)).Findings.Single().Error);
    }

    void Each(bool withSides, Func<ParentModel, Random, (ParentVerification, ParentFormatError)> tamper)
    {
        var parents = Parents.Where(parent => !withSides || parent.Parent.SideParameterNames.Count > 0).ToArray();
        const int Files = 66;
        for (var seed = 0; seed < Files; seed++)
        {
            var (name, parent) = parents[seed % parents.Length];
            var (verification, expected) = tamper(parent, new Random(seed));
            Assert.IsFalse(verification.IsValid, $"{name}, seed {seed}: not found");
            Assert.AreEqual(expected, verification.Findings[0].Error, $"{name}, seed {seed}: {string.Join(" | ", verification.Findings)}");
        }
        TestContext.WriteLine($"{Files} files");
    }

    static void TamperParent(string how, ParentModel parent, ModelProto model, Random random)
    {
        var tensor = parent.Tensors[random.Next(parent.Tensors.Count)];
        switch (how)
        {
            case "a changed weight": Flip(SmallParents.Tensor(model, tensor.Name), random); break;
            case "a changed mask":
                var map = parent.Masks[tensor.Name];
                var levels = map.Levels.ToArray();
                ref var changed = ref levels[random.Next(levels.Length)];
                changed = (byte)((changed + 1 + random.Next(2)) % 3);
                SmallParents.Entry(model, $"elsa.mask/{tensor.Name}").Value = Convert.ToBase64String(
                    LevelMapCodec.Encode(new LevelMap([.. map.Shape], levels, 3), SmallParents.KeysOf(model, tensor.Name)));
                break;
            case "exchanged side parameters":
                var (one, other) = (SmallParents.Entry(model, "elsa.side/s50/bias"), SmallParents.Entry(model, "elsa.side/s90/bias"));
                (one.Value, other.Value) = (other.Value, one.Value);
                break;
            case "exchanged level entries":
                SmallParents.EditManifest(model, manifest =>
                {
                    var list = manifest["levels"]!.AsArray();
                    var moved = list[1]!;
                    list.RemoveAt(1);
                    list.Add(moved);
                });
                break;
            case "exchanged level hashes": Exchange(model, "sha256"); break;
            case "exchanged level counts": Exchange(model, "keptWeights", "sparsity"); break;
            case "an edited manifest":
                SmallParents.EditManifest(model, manifest => manifest["fit"]!["seed"] = random.Next(100, 1000), digest: false);
                break;
            case "an edited level hash":
                SmallParents.EditManifest(model, manifest => manifest["levels"]![random.Next(3)]!["sha256"] = new string('0', 64));
                break;
            case "a changed side parameter":
                var side = SmallParents.Entry(model, $"elsa.side/s{(random.Next(2) == 0 ? 50 : 90)}/bias");
                var bytes = Convert.FromBase64String(side.Value);
                bytes[random.Next(bytes.Length)] ^= 0x40;
                side.Value = Convert.ToBase64String(bytes);
                break;
            case "a changed graph": ChangeGraph(parent, model, random); break;
        }
    }

    static void TamperExtracted(string how, ParentModel parent, int level, ModelProto model, Random random)
    {
        var tensor = parent.Tensors[random.Next(parent.Tensors.Count)];
        switch (how)
        {
            case "a changed weight": Flip(SmallParents.Tensor(model, tensor.Name), random); break;
            case "a dropped or restored weight":
                var proto = SmallParents.Tensor(model, tensor.Name);
                var bytes = proto.RawData.ToByteArray();
                var size = bytes.Length / (int)tensor.WeightCount;
                var at = size * random.Next((int)tensor.WeightCount);
                var weight = bytes.AsSpan(at, size);
                if (weight.ContainsAnyExcept(tensor.Zero)) weight.Fill(tensor.Zero);
                else parent.Weights(tensor.Name).Span.Slice(at, size).CopyTo(weight);
                proto.RawData = ByteString.CopyFrom(bytes);
                break;
            case "side parameters of another level":
                TensorBytes.SetRaw(SmallParents.Tensor(model, "bias"), parent.SideParameter((level + 1) % parent.Levels.Count, "bias"));
                break;
            case "a changed side parameter": Flip(SmallParents.Tensor(model, "bias"), random); break;
            case "a changed graph": ChangeGraph(parent, model, random); break;
        }
    }

    static void Exchange(ModelProto model, params string[] fields) => SmallParents.EditManifest(model, manifest =>
    {
        foreach (var field in fields)
        {
            JsonNode one = manifest["levels"]![1]!, other = manifest["levels"]![2]!;
            var (a, b) = (one[field]!.DeepClone(), other[field]!.DeepClone());
            (one[field], other[field]) = (b, a);
        }
    });

    static void Flip(TensorProto tensor, Random random)
    {
        var bytes = tensor.RawData.ToByteArray();
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        tensor.RawData = ByteString.CopyFrom(bytes);
    }

    static void ChangeGraph(ParentModel parent, ModelProto model, Random random)
    {
        switch (random.Next(4))
        {
            case 0: model.Graph.Node[random.Next(model.Graph.Node.Count)].OpType += "X"; break;
            case 1: model.OpsetImport[0].Version++; break;
            case 2: model.MetadataProps.Add(new StringStringEntryProto { Key = "added", Value = "1" }); break;
            default:
                if (parent.SideParameterNames.Count == 0 && parent.Tensors.Any(tensor => tensor.Name == "w1")) Flip(SmallParents.Tensor(model, "bias"), random);
                else model.Graph.Name += "X";
                break;
        }
    }
}
