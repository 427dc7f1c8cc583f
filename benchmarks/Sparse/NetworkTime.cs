using System.Text.Json;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Data;
using Elsa.MLNet.Operators;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>Where the time of a network's level s90 goes: its session, profiled by ONNX Runtime.</summary>
sealed class NetworkTime(NetworkCase network) : ICheck
{
    const int Level = 2, Runs = 25, WarmUps = 5;
    const double Least = 0.02;

    public string Name => $"time of s90 by kind of node, {network.Name}";

    public string Required => "";

    public Reading Measure(bool full)
    {
        using var opened = new SparseNetwork(network);
        var layers = opened.LayersOf(Level);
        var (kinds, total) = Profile(opened, layers.ToDictionary(layer => layer.Name, layer => layer.Kernel));
        var shown = kinds.Where(kind => kind.Value >= Least * total).OrderByDescending(kind => kind.Value).ToList();
        var (inShown, inNodes) = (shown.Sum(kind => kind.Value), kinds.Values.Sum());
        var texts = shown.Select(kind => NetworkCase.Text($"{kind.Key} {kind.Value / total:0 %}"))
            .Append(NetworkCase.Text($"other nodes {(inNodes - inShown) / total:0 %}")).Append(NetworkCase.Text($"between nodes {1 - inNodes / total:0 %}"));
        return Reading.ForInformation(NetworkCase.Text(
            $"{string.Join(", ", texts)} of {total / (Runs - WarmUps):0} us; {NetworkSpeed.Kernels(layers)}"));
    }

    /// <summary>Microseconds of each kind of node, and of all runs.</summary>
    (Dictionary<string, double> Kinds, double Total) Profile(SparseNetwork opened, Dictionary<string, ElsaLayerKernel> kernels)
    {
        var parent = opened.Parent;
        var extracted = parent.Extract(Level);
        var signature = ModelSignature.Of(extracted, new ScoringColumns("Score", "Features"));
        var row = signature.Declared ?? new RowInputs([typeof(long)], [[network.Inputs]]);
        using var session = LevelSession.Load(extracted, signature, row, opened.Execution);
        var model = session.Opened(extracted);
        var hasBatch = session.Batching != Batching.RowByRow;
        string[] names = [signature.Input.Name];
        using var input = Input(hasBatch ? [network.Batch, .. session.InputDimensions[0]] : session.InputDimensions[0]);
        var shapes = ShapeSample.TryTake(model, names, [input], hasBatch)
            ?? throw new InvalidOperationException($"The shapes of {network.Title} cannot be found.");
        using var packs = new LevelPacks(new ParentLevels(parent));
        var layers = LayerLowering.Find(model, parent.Masks.TensorNames, shapes.Shapes).SelectMany(layer => layer.Ways(Level))
            .Where(way => kernels[way.Name] == way.Kernel).ToList();
        var lowered = LayerLowering.Apply(
            model, layers, Level, network.Threads, packs.Handle, hasBatch && RowBucket.IsTiled(RowBucket.Of(network.Batch)));
        return Read(Profile(lowered.ToByteArray(), names, input, [.. signature.Outputs.Select(output => output.Name)]));
    }

    string Profile(byte[] model, string[] names, OrtValue input, string[] outputs)
    {
        using var options = new SessionOptions
        {
            EnableProfiling = true,
            ProfileOutputPathPrefix = Path.Combine(Path.GetTempPath(), $"elsa-profile-{Guid.NewGuid():N}"),
            IntraOpNumThreads = network.Threads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        ElsaOperators.Register(options);
        using var session = new InferenceSession(model, options);
        using var run = new RunOptions();
        for (var i = 0; i < Runs; i++) session.Run(run, names, [input], outputs).Dispose();
        return session.EndProfiling();
    }

    static (Dictionary<string, double> Kinds, double Total) Read(string file)
    {
        using var profile = JsonDocument.Parse(File.ReadAllBytes(file));
        File.Delete(file);
        var events = profile.RootElement.EnumerateArray().Where(entry => entry.TryGetProperty("dur", out _)).ToList();
        var runs = events.Where(entry => Text(entry, "name") == "model_run").OrderBy(Start).Skip(WarmUps).ToList();
        var from = Start(runs[0]);
        var kinds = events.Where(entry => Text(entry, "cat") == "Node" && Text(entry, "name").EndsWith("_kernel_time", StringComparison.Ordinal) && Start(entry) >= from)
            .GroupBy(entry => Text(entry.GetProperty("args"), "op_name"))
            .ToDictionary(kind => kind.Key, kind => kind.Sum(Duration));
        return (kinds, runs.Sum(Duration));

        static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString() ?? "";
        static double Start(JsonElement entry) => entry.GetProperty("ts").GetDouble();
        static double Duration(JsonElement entry) => entry.GetProperty("dur").GetDouble();
    }

    OrtValue Input(long[] shape)
    {
        var random = new Random(1);
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        return network.Vocabulary is { } tokens
            ? OrtValue.CreateTensorValueFromMemory([.. Enumerable.Range(0, count).Select(_ => (long)random.Next(tokens))], shape)
            : OrtValue.CreateTensorValueFromMemory([.. Enumerable.Range(0, count).Select(_ => random.NextSingle())], shape);
    }
}
