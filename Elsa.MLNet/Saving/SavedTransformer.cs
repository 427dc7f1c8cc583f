using System.Security.Cryptography;
using System.Text.Json;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Saving;

/// <summary>
/// A transformer or a cascade as entries of a model file: the whole parent, which can be taken out as an ONNX file, and the
/// settings. Threads, provider and batch size belong to a machine and are not among them. Errors have no inner exception,
/// though they repeat what one would say: ML.NET wraps them, so users read the innermost.
/// </summary>
internal sealed class SavedTransformer
{
    public const int DigestBytes = SHA256.HashSizeInBytes;

    private const string ParentEntry = "Parent.onnx";
    private const string SettingsEntry = "Elsa.json";

    /// <param name="transformer">Scores with the level, or with a cascade's first level.</param>
    /// <param name="cascade">How the cascade goes on; null if it is none.</param>
    public SavedTransformer(ElsaTransformer transformer, SavedSettings.Cascading? cascade = null)
    {
        IsCascade = cascade is not null;
        byte[] parent = transformer.Parent.ToBytes();
        byte[] settings = new SavedSettings
        {
            Level = transformer.Levels[transformer.Level].Name,
            Inputs = [.. transformer.Columns.Inputs.Zip(transformer.Signature.Inputs, (column, tensor) =>
                new SavedSettings.Binding
                {
                    Column = column.ColumnName,
                    Onnx = tensor.Name,
                    Dimensions = column.Dimensions,
                })],
            Outputs = [.. transformer.Columns.Outputs.Zip(transformer.Signature.Outputs, (column, tensor) =>
                new SavedSettings.Binding
                {
                    Column = column.ColumnName,
                    Onnx = tensor.Name,
                    IsScalar = column.IsScalar,
                    SlotNames = column.SlotNames,
                })],
            ParentSha256 = Convert.ToHexStringLower(SHA256.HashData(parent)),
            Cascade = cascade,
        }.ToBytes();
        Entries = [(ParentEntry, parent), (SettingsEntry, settings)];
        Digest = SHA256.HashData(settings);
    }

    public bool IsCascade { get; }

    public IReadOnlyList<(string Name, byte[] Content)> Entries { get; }

    /// <summary>SHA-256 of the settings, in which the parent's stands.</summary>
    public byte[] Digest { get; }

    /// <param name="environment">Where messages go and cancellation comes from.</param>
    /// <param name="directory">Where the transformer is in the model file, for messages.</param>
    /// <param name="digest">The saved <see cref="Digest"/>.</param>
    /// <param name="entry">Gives the content of an entry, or null if there is none.</param>
    /// <exception cref="InvalidDataException">An entry is missing, or is not what was saved.</exception>
    /// <exception cref="ParentFormatException">The parent is damaged or was changed.</exception>
    /// <returns>An <see cref="ElsaTransformer"/> or an <see cref="ElsaCascade"/>.</returns>
    public static ITransformer Read(
        IHostEnvironment environment, string? directory, byte[] digest, Func<string, byte[]?> entry)
    {
        var settings = ReadSettings(Content(SettingsEntry), digest, PathOf(SettingsEntry));
        byte[] bytes = Content(ParentEntry);
        var parent = ReadParent(bytes, PathOf(ParentEntry));
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != settings.ParentSha256)
        {
            throw new InvalidDataException(
                $"Entry '{PathOf(ParentEntry)}' of the model file holds a parent, but not the one that was saved: " +
                $"its SHA-256 is not that of '{PathOf(SettingsEntry)}'. Take the file anew from its source, or score " +
                "that parent with mlContext.Transforms.ApplyElsaModel.");
        }
        try
        {
            var columns = new ScoringColumns(
                [.. settings.Outputs.Select(output => new ElsaOutput(output.Column, output.Onnx)
                {
                    IsScalar = output.IsScalar,
                    SlotNames = output.SlotNames,
                })],
                [.. settings.Inputs.Select(input => new ElsaInput(input.Column, input.Onnx) { Dimensions = input.Dimensions })]);
            var transformer = new ElsaTransformer(
                environment, parent, new ElsaExecutionOptions(), columns, parent.Level(settings.Level).Index);
            if (settings.Cascade is not { } cascade)
                return transformer;
            using (transformer)
            {
                return transformer.WithLevel(ElsaLevelPolicy.Cascade(cascade.Threshold, new ElsaCascadeOptions
                {
                    Levels = cascade.Levels,
                    Confidence = cascade.Confidence,
                    Scores = cascade.Scores,
                    LevelUsedColumnName = cascade.LevelUsedColumn,
                }));
            }
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException(
                $"Entry '{PathOf(SettingsEntry)}' of the model file does not fit the parent beside it: " +
                $"{error.Message} Load the file with the version of Elsa.MLNet that saved it.");
        }

        string PathOf(string name) =>
            string.IsNullOrEmpty(directory) ? name : $"{directory}/{name}".Replace('\\', '/');

        byte[] Content(string name)
        {
            byte[]? content;
            try
            {
                content = entry(name);
            }
            catch (InvalidDataException error)
            {
                throw new InvalidDataException(
                    $"Entry '{PathOf(name)}' of the model file cannot be read: {error.Message} Take the file anew " +
                    "from its source.");
            }
            return content ?? throw new InvalidDataException(
                $"The model file has no entry '{PathOf(name)}', which an ElsaTransformer needs. The file is damaged; " +
                "take it anew from its source.");
        }
    }

    private static SavedSettings ReadSettings(byte[] bytes, byte[] digest, string path)
    {
        if (!SHA256.HashData(bytes).AsSpan().SequenceEqual(digest))
        {
            throw new InvalidDataException(
                $"Entry '{path}' of the model file is not the one that was saved: its SHA-256 is another one. Take " +
                "the file anew from its source.");
        }
        try
        {
            var settings = SavedSettings.FromBytes(bytes);
            if (settings is { Inputs.Count: > 0, Outputs.Count: > 0 })
                return settings;
        }
        catch (JsonException)
        {
            // It is what was saved, so a later version has saved it.
        }
        throw new InvalidDataException(
            $"Entry '{path}' of the model file is of a form that this version does not know. Load the file with the " +
            "version of Elsa.MLNet that saved it.");
    }

    private static ParentModel ReadParent(byte[] bytes, string path)
    {
        try
        {
            return ParentModel.Parse(bytes);
        }
        catch (ParentFormatException error)
        {
            throw new ParentFormatException(
                error.Error, error.Finding.Where,
                $"Entry '{path}' of the model file is damaged; take the file anew from its source. " +
                error.Finding.Message);
        }
    }
}
