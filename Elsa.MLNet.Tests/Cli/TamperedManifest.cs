using System.Security.Cryptography;
using System.Text;
using Onnx;

namespace Elsa.MLNet.Tests.Cli;

/// <summary>Edits a parent's manifest as somebody would who also knows how to mend its digest.</summary>
static class TamperedManifest
{
    public static void SwapLevelHashes(string path, string one, string other)
    {
        var model = ModelProto.Parser.ParseFromFile(path);
        var manifest = Entry(model, "elsa.manifest");
        var json = System.Text.Json.Nodes.JsonNode.Parse(manifest.Value)!;
        var levels = json["levels"]!.AsArray();
        var a = levels.Single(level => (string)level!["name"]! == one)!;
        var b = levels.Single(level => (string)level!["name"]! == other)!;
        (a["sha256"], b["sha256"]) = ((string)b["sha256"]!, (string)a["sha256"]!);
        manifest.Value = json.ToJsonString();
        Entry(model, "elsa.digest").Value = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest.Value)));
        model.WriteToFile(path);
    }

    static StringStringEntryProto Entry(ModelProto model, string key) => model.MetadataProps.Single(entry => entry.Key == key);
}
