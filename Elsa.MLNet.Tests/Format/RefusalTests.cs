using System.Text.Json.Nodes;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Format;

/// <summary>One broken sentence of FORMAT.md at a time, and the fault that it is.</summary>
[TestClass]
public sealed class RefusalTests
{
    [TestMethod, Rule(1), Provokes(ParentFormatError.NotOnnx)]
    public void Bytes_without_a_graph_are_not_onnx()
    {
        foreach (var bytes in new byte[][] { [], [1, 2, 3], new ModelProto { IrVersion = 8 }.ToByteArray() })
            Assert.AreEqual(ParentFormatError.NotOnnx, Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Parse(bytes)).Error);
    }

    [TestMethod, Rule(2), Provokes(ParentFormatError.NoManifest), Provokes(ParentFormatError.ManifestChanged)]
    public void Manifest_and_digest_must_stand_and_fit()
    {
        Refused(ParentFormatError.NoManifest, model => model.MetadataProps.Remove(SmallParents.Entry(model, "elsa.manifest")));
        Refused(ParentFormatError.ManifestChanged, model => model.MetadataProps.Remove(SmallParents.Entry(model, "elsa.digest")));
        Refused(ParentFormatError.ManifestChanged, model => SmallParents.Entry(model, "elsa.manifest").Value += " ");
    }

    [TestMethod, Rule(3), Provokes(ParentFormatError.NoLevelMap)]
    public void Every_tensor_has_a_map() =>
        Refused(ParentFormatError.NoLevelMap, model => model.MetadataProps.Remove(SmallParents.Entry(model, "elsa.mask/w2")));

    [TestMethod, Rule(4, 36), Provokes(ParentFormatError.BadSideParameter), Provokes(ParentFormatError.SideParametersChanged)]
    public void Every_sparse_level_has_every_side_parameter_in_full()
    {
        Refused(ParentFormatError.BadSideParameter, model => model.MetadataProps.Remove(SmallParents.Entry(model, "elsa.side/s90/bias")), "sides");
        Refused(ParentFormatError.BadSideParameter, model => SmallParents.Entry(model, "elsa.side/s90/bias").Value = "AAAA", "sides");
        Refused(ParentFormatError.SideParametersChanged, model => SmallParents.Entry(model, "elsa.side/s90/bias").Value = Convert.ToBase64String(new byte[40]), "sides");
        Refused(ParentFormatError.UnexpectedEntry, model => Add(model, "elsa.side/dense/bias", "AAAA"), "sides");
    }

    [TestMethod, Rule(5), Provokes(ParentFormatError.DuplicateEntry), Provokes(ParentFormatError.UnexpectedEntry)]
    public void Keys_of_ours_stand_once_and_are_accounted_for()
    {
        Refused(ParentFormatError.DuplicateEntry, model => Add(model, "elsa.digest", SmallParents.Entry(model, "elsa.digest").Value));
        Refused(ParentFormatError.UnexpectedEntry, model => Add(model, "elsa.mask/bias", "AA=="));
    }

    [TestMethod, Rule(8), Provokes(ParentFormatError.NoTensor)]
    public void A_tensor_of_the_manifest_stands_exactly_once()
    {
        Refused(ParentFormatError.NoTensor, model => model.Graph.Initializer.Add(SmallParents.Tensor(model, "w1").Clone()));
        Refused(ParentFormatError.NoTensor, model => SmallParents.Tensor(model, "w1").Name = "w");
    }

    [TestMethod, Rule(9, 10), Provokes(ParentFormatError.BadTensor)]
    public void Masked_weights_are_raw_floats_in_one_place()
    {
        Refused(ParentFormatError.BadTensor, model => SmallParents.Tensor(model, "w1").DataType = (int)DataType.Int32);
        Refused(ParentFormatError.BadTensor, model => SmallParents.Tensor(model, "w1").FloatData.Add(1));
        Refused(ParentFormatError.BadTensor, model => SmallParents.Tensor(model, "shape").RawData = ByteString.CopyFrom(new byte[16]));
        Refused(ParentFormatError.BadTensor, model =>
        {
            var tensor = SmallParents.Tensor(model, "w1");
            TensorBytes.ClearData(tensor);
            tensor.FloatData.Add(new float[120]);
        });
        Refused(ParentFormatError.BadTensor, model =>
        {
            var tensor = SmallParents.Tensor(model, "w1");
            tensor.Dims[0] = 0;
            tensor.RawData = ByteString.Empty;
            SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["shape"]![0] = 0);
        });
    }

    [TestMethod, Rule(12, 14), Provokes(ParentFormatError.TooLarge)]
    public void Paths_and_manifest_have_a_largest_length()
    {
        Refused(ParentFormatError.TooLarge, model =>
        {
            var node = new NodeProto { Name = new string('n', 1 << 20) };
            node.Attribute.Add(Enumerable.Range(0, 5).Select(_ => new AttributeProto { Name = "a", G = new GraphProto() }));
            model.Graph.Node.Add(node);
        });
        Refused(ParentFormatError.TooLarge, model => SmallParents.EditManifest(model, manifest => manifest["more"] = new string('m', (1 << 20) + 4096)));
        Assert.HasCount(3, Edited(model => SmallParents.EditManifest(model, manifest => manifest["more"] = new string('m', 1 << 20))).Levels);
    }

    [TestMethod, Rule(13), Provokes(ParentFormatError.BadManifest)]
    [DataRow("{\"\\ud800\":1,", "{")]
    [DataRow("\"\\ud800formatVersion\":1,\"graphSha256\"", "\"graphSha256\"")]
    [DataRow("\"\\ud800\":1,\"graphSha256\"", "\"graphSha256\"")]
    [DataRow("{\"\\ud800formatVersion\":1,", "{")]
    [DataRow("{\"more\":\"\\ud800\",", "{")]
    [DataRow("{\"more\":{\"\\ud800\":1},", "{")]
    [DataRow("\"levels\":[{\"\\ud800\":1,", "\"levels\":[{")]
    [DataRow("\"metrics\":{\"\\ud800\":1}", "\"metrics\":{}")]
    [DataRow("\"name\":\"\\ud800\"", "\"name\":\"dense\"")]
    [DataRow("\"tensors\":[{\"\\ud800\":1,", "\"tensors\":[{")]
    [DataRow("\"node\":\"\\ud800\",\"was\":", "\"node\":")]
    [DataRow("\"sideParameters\":[\"\\ud800\"]", "\"sideParameters\":[]")]
    [DataRow("\"versions\":{\"\\ud800\":\"1\"}", "\"versions\":{}")]
    [DataRow("\"versions\":{\"a\":\"\\udc00\"}", "\"versions\":{}")]
    [DataRow("\"fit\":{\"\\ud800\":1,", "\"fit\":{")]
    [DataRow("\"method\":\"\\ud800\"", "\"method\":\"post-training\"")]
    public void Half_a_surrogate_pair_is_no_text_of_a_manifest(string hostile, string original) =>
        Refused(ParentFormatError.BadManifest, model =>
        {
            var text = SmallParents.Entry(model, "elsa.manifest").Value;
            var at = text.IndexOf(original, StringComparison.Ordinal);
            Assert.IsGreaterThanOrEqualTo(0, at);
            SmallParents.SetManifest(model, text[..at] + hostile + text[(at + original.Length)..]);
        });

    [TestMethod, Rule(13), Provokes(ParentFormatError.BadManifest)]
    public void The_manifest_has_its_fields_and_no_others_twice()
    {
        foreach (var text in new[] { "", "null", "[]", "{}", "{\"formatVersion\":1}" })
            Refused(ParentFormatError.BadManifest, model => SmallParents.SetManifest(model, text));
        foreach (var field in new[] { "formatVersion", "levels", "tensors", "fit", "sourceSha256", "graphSha256" })
            RefusedManifest(manifest => manifest.AsObject().Remove(field));
        foreach (var field in new[] { "index", "name", "sparsity", "keptWeights", "sha256", "sideSha256" })
            RefusedManifest(manifest => manifest["levels"]![1]!.AsObject().Remove(field));
        foreach (var field in new[] { "name", "shape", "type", "granularity", "operator", "node", "weightsSha256", "mapSha256" })
            RefusedManifest(manifest => manifest["tensors"]![0]!.AsObject().Remove(field));
        foreach (var field in new[] { "method", "importance", "allocation" })
            RefusedManifest(manifest => manifest["fit"]!.AsObject().Remove(field));
        Refused(ParentFormatError.BadManifest, model => SmallParents.SetManifest(model, "{\"formatVersion\":1," + SmallParents.Entry(model, "elsa.manifest").Value[1..]));
        Refused(ParentFormatError.BadManifest, model => SmallParents.SetManifest(model, SmallParents.Entry(model, "elsa.manifest").Value.Replace("formatVersion", "FormatVersion", StringComparison.Ordinal)));
        Refused(ParentFormatError.BadManifest, model => SmallParents.SetManifest(model, "{\"deep\":" + new string('[', 40) + new string(']', 40) + "," + SmallParents.Entry(model, "elsa.manifest").Value[1..]));
        foreach (var field in new[] { "seed", "trainingRows", "calibrationRows", "evaluationRows", "versions" })
            Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!.AsObject().Remove(field)));
        Edited(model => SmallParents.EditManifest(model, manifest => manifest.AsObject().Remove("sideParameters")));
    }

    [TestMethod, Rule(15), Provokes(ParentFormatError.UnknownVersion)]
    public void Another_version_is_refused_whatever_its_fields_are()
    {
        Refused(ParentFormatError.UnknownVersion, model => SmallParents.EditManifest(model, manifest => manifest["formatVersion"] = 2));
        Refused(ParentFormatError.UnknownVersion, model => SmallParents.SetManifest(model, "{\"networks\":[],\"formatVersion\":2}"));
    }

    [TestMethod, Rule(16), Provokes(ParentFormatError.LevelSwapped)]
    public void Levels_stand_at_their_index()
    {
        RefusedManifest(manifest => manifest["levels"] = new JsonArray());
        RefusedManifest(manifest => manifest["levels"]![2]!["index"] = 7);
        RefusedManifest(manifest =>
        {
            for (var index = 3; index < 65; index++)
            {
                var level = manifest["levels"]![2]!.DeepClone();
                (level["index"], level["name"]) = (index, $"l{index}");
                manifest["levels"]!.AsArray().Add(level);
            }
        });
        Refused(ParentFormatError.LevelSwapped, model => SmallParents.EditManifest(model, manifest =>
            (manifest["levels"]![1]!["index"], manifest["levels"]![2]!["index"]) = (2, 1)));
    }

    [TestMethod, Rule(17)]
    public void Level_names_are_short_plain_and_distinct()
    {
        foreach (var name in new[] { "", "a/b", "ä", "s 50", new string('s', 33), "s90", "dense" })
            RefusedManifest(manifest => manifest["levels"]![1]!["name"] = name);
        RefusedManifest(manifest => manifest["levels"]![0]!["name"] = "full");
        Assert.AreEqual("A-z_0.9", Edited(model => SmallParents.EditManifest(model, manifest => manifest["levels"]![1]!["name"] = "A-z_0.9")).Levels[1].Name);
    }

    [TestMethod, Rule(18)]
    public void Counts_and_sparsities_are_those_of_the_masks()
    {
        RefusedManifest(manifest => manifest["levels"]![1]!["keptWeights"] = 1);
        RefusedManifest(manifest => manifest["levels"]![1]!["sparsity"] = 0.25);
        RefusedManifest(manifest => manifest["levels"]![1]!["sparsity"] = 1.5);
        foreach (var level in SmallParents.Make("float32").Levels) Assert.AreEqual(1 - level.KeptWeights / 170.0, level.Sparsity);
    }

    [TestMethod, Rule(19)]
    public void Metrics_are_finite_numbers()
    {
        Refused(ParentFormatError.BadManifest, model => SmallParents.SetManifest(model,
            SmallParents.Entry(model, "elsa.manifest").Value.Replace("\"metrics\":{}", "\"metrics\":{\"a\":1e999}", StringComparison.Ordinal)));
        Assert.AreEqual(0.5, Edited(model => SmallParents.EditManifest(model, manifest => manifest["levels"]![1]!["metrics"]!["a"] = 0.5)).Levels[1].Metrics["a"]);
    }

    [TestMethod, Rule(20)]
    public void Tensors_are_those_of_the_graph()
    {
        RefusedManifest(manifest => manifest["tensors"] = new JsonArray());
        RefusedManifest(manifest => manifest["tensors"]!.AsArray().Add(manifest["tensors"]![0]!.DeepClone()));
        RefusedManifest(manifest => manifest["tensors"]![0]!["granularity"] = "row");
        Refused(ParentFormatError.BadTensor, model => SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["shape"] = new JsonArray(10, 12)));
        Refused(ParentFormatError.BadTensor, model => SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["type"] = "float64"));
        Edited(model => SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["node"] = "anything"));
    }

    [TestMethod, Rule(20)]
    public void A_zero_point_is_an_integer_of_the_type()
    {
        foreach (var (kind, zero) in new[] { ("float32", 1), ("uint8", -1), ("uint8", 256) })
            Refused(ParentFormatError.BadManifest, model => SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["zeroPoint"] = zero), kind);
        Edited(model => SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["zeroPoint"] = 0));
    }

    [TestMethod, Rule(21)]
    public void Side_parameters_are_unmasked_initializers()
    {
        foreach (var name in new[] { "w1", "none" })
            Refused(ParentFormatError.BadSideParameter, model => SmallParents.EditManifest(model, manifest => manifest["sideParameters"]!.AsArray().Add(name)));
        Refused(ParentFormatError.BadManifest, model => SmallParents.EditManifest(model, manifest => manifest["sideParameters"]!.AsArray().Add("bias")), "sides");
    }

    [TestMethod, Rule(50)]
    public void Any_method_is_accepted()
    {
        foreach (var method in new[] { "post-training", "partial-weight-freezing", "of a later version", "" })
            Assert.AreEqual(method, Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!["method"] = method)).Fit.Method);
    }

    [TestMethod, Rule(51)]
    public void Training_and_versions_are_objects_of_strings()
    {
        foreach (var field in new[] { "training", "versions" })
            foreach (var value in new[] { "{\"loss\":null}", "{\"loss\":1}", "{\"loss\":{}}", "{\"a\":\"b\",\"a\":\"b\"}", "[]", "\"text\"", "1" })
                Refused(ParentFormatError.BadManifest, model => SmallParents.SetManifest(model, SmallParents.Entry(model, "elsa.manifest").Value
                    .Replace("\"versions\":{}", field == "versions" ? $"\"versions\":{value}" : $"\"versions\":{{}},\"training\":{value}", StringComparison.Ordinal)));
        RefusedManifest(manifest => manifest["fit"]!["versions"] = null);
        Assert.IsNull(Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!["training"] = null)).Fit.Training);
        Assert.AreEqual("mine", Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!["training"] = new JsonObject { ["loss"] = "mine" })).Fit.Training!["loss"]);
    }

    [TestMethod, Rule(51), Provokes(ParentFormatError.TooLarge)]
    public void A_huge_training_object_is_as_large_as_a_manifest_may_be()
    {
        static JsonObject Huge(int count) => new(Enumerable.Range(0, count).Select(index => KeyValuePair.Create($"key {index:d6}", (JsonNode?)"value")));
        Assert.HasCount(40_000, Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!["training"] = Huge(40_000))).Fit.Training!);
        Refused(ParentFormatError.TooLarge, model => SmallParents.EditManifest(model, manifest => manifest["fit"]!["training"] = Huge(80_000)));
    }

    [TestMethod, Rule(52)]
    public void Numbers_of_rows_are_whole_and_not_negative()
    {
        foreach (var field in new[] { "trainingRows", "calibrationRows", "evaluationRows" })
            foreach (var value in new[] { "-1", "1.5", "null", "\"1\"", "1e30" })
                RefusedManifest(manifest => manifest["fit"]![field] = JsonNode.Parse(value));
        Assert.AreEqual(long.MaxValue, Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!["trainingRows"] = long.MaxValue)).Fit.TrainingRows);
        Assert.AreEqual(0, Edited(model => SmallParents.EditManifest(model, manifest => manifest["fit"]!.AsObject().Remove("trainingRows"))).Fit.TrainingRows);
    }

    [TestMethod, Rule(24, 25), Provokes(ParentFormatError.BadLevelMap)]
    public void Maps_are_base64_of_a_known_coding()
    {
        foreach (var text in new[] { "", "*", "AAA", "Ag==", "AP8=", "-_-_" })
            Refused(ParentFormatError.BadLevelMap, model => SetMap(model, text));
    }

    [TestMethod, Rule(24)]
    public void Bytes_have_one_text()
    {
        foreach (var (key, error) in new[]
        {
            ("elsa.mask/w1", ParentFormatError.BadLevelMap), ("elsa.side/s50/bias", ParentFormatError.BadSideParameter),
        })
        {
            var found = SmallParents.Entry(SmallParents.Make("sides").ToModel(), key).Value;
            var padding = found.IndexOf('=', StringComparison.Ordinal);
            Assert.IsGreaterThan(0, padding, "the text ends in padding bits");
            var other = found[..(padding - 1)] + (char)(found[padding - 1] + 1) + found[padding..];
            CollectionAssert.AreEqual(Convert.FromBase64String(found), Convert.FromBase64String(other));
            foreach (var text in new[] { other, found + "\n", found.Insert(4, " "), " " + found })
                Refused(error, model => SmallParents.Entry(model, key).Value = text, "sides");
        }
    }

    [TestMethod, Rule(37, 38, 39, 41), Provokes(ParentFormatError.WeightsChanged), Provokes(ParentFormatError.MaskChanged), Provokes(ParentFormatError.GraphChanged)]
    public void What_a_hash_covers_cannot_change()
    {
        Refused(ParentFormatError.WeightsChanged, model => SmallParents.Tensor(model, "w1").RawData = ByteString.CopyFrom(new byte[480]));
        Refused(ParentFormatError.MaskChanged, model => SmallParents.Entry(model, "elsa.mask/w1").Value = Convert.ToBase64String(new byte[25]));
        Refused(ParentFormatError.GraphChanged, model => model.Graph.Name = "other");
        Refused(ParentFormatError.GraphChanged, model => SmallParents.Tensor(model, "bias").RawData = ByteString.CopyFrom(new byte[40]));
        Refused(ParentFormatError.GraphChanged, model => SmallParents.Tensor(model, "shape").Int64Data[0] = 2);
    }

    static void SetMap(ModelProto model, string text)
    {
        SmallParents.Entry(model, "elsa.mask/w1").Value = text;
        var bytes = new byte[text.Length];
        if (Convert.TryFromBase64String(text, bytes, out var count))
            SmallParents.EditManifest(model, manifest => manifest["tensors"]![0]!["mapSha256"] = ContentHash.Of(bytes.AsSpan(0, count)));
    }

    static void RefusedManifest(Action<JsonNode> edit) =>
        Refused(ParentFormatError.BadManifest, model => SmallParents.EditManifest(model, edit));

    internal static void Refused(ParentFormatError expected, Action<ModelProto> edit, string kind = "float32")
    {
        var error = Assert.ThrowsExactly<ParentFormatException>(() => Edited(edit, kind));
        Assert.AreEqual(expected, error.Error, error.Message);
    }

    static ParentModel Edited(Action<ModelProto> edit, string kind = "float32")
    {
        var model = SmallParents.Make(kind).ToModel();
        edit(model);
        return ParentModel.Parse(model.ToByteArray());
    }

    static void Add(ModelProto model, string key, string value) => model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
}
