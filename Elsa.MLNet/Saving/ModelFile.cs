using System.Runtime.CompilerServices;
using Elsa.MLNet.Saving;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Onnx;

// mlContext.Model.Load reads the names of an assembly and of a component from the file, loads the assembly, and looks
// for the component among its LoadableClass attributes. ML.NET keeps these for itself: see build/OpenedReference.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(ModelFile), null, typeof(SignatureLoadModel), "Elsa levels", ModelFile.LoaderName)]

namespace Elsa.MLNet.Saving
{
    /// <summary>
    /// Our part of ML.NET's model file, a zip: the only place that uses what ML.NET keeps for itself to save and load.
    /// </summary>
    internal static class ModelFile
    {
        public const string LoaderName = "ElsaTransformer";

        private const uint FirstVersion = 0x00010001;

        /// <summary>Knows cascades, which a library of the first version would take for their first level.</summary>
        private const uint CascadeVersion = 0x00010002;

        // As Microsoft.ML.OnnxTransformer wrote it before callers could limit how deep models nest; it still reads it.
        private static readonly VersionInfo StockVersion = new(
            modelSignature: "ONNXSCOR",
            verWrittenCur: 0x00010002,
            verReadableCur: 0x00010002,
            verWeCanReadBack: 0x00010001,
            loaderAssemblyName: "Microsoft.ML.OnnxTransformer",
            loaderSignature: "OnnxTransform");

        /// <summary>Writes a transformer or a cascade: every entry becomes a file in the zip.</summary>
        public static void Write(ModelSaveContext context, SavedTransformer transformer)
        {
            context.CheckAtModel();
            context.SetVersionInfo(Native(transformer.IsCascade ? CascadeVersion : FirstVersion));
            context.Writer.Write(transformer.Digest);
            foreach (var (name, content) in transformer.Entries)
                context.SaveBinaryStream(name, writer => writer.Write(content));
        }

        /// <summary>Writes a plain model as ML.NET's own OnnxTransformer does.</summary>
        public static void WriteStock(ModelSaveContext context, ModelProto model)
        {
            byte[] bytes = model.ToByteArray();
            context.CheckAtModel();
            context.SetVersionInfo(StockVersion);
            context.SaveBinaryStream("OnnxModel", writer =>
            {
                writer.Write(bytes.Length);
                writer.Write(bytes);
            });
            context.Writer.Write(1);
            context.SaveNonEmptyString(model.Graph.Input[0].Name);
            context.Writer.Write(1);
            context.SaveNonEmptyString(model.Graph.Output[0].Name);
            int shapesOtherThanTheModels = 0;
            context.Writer.Write(shapesOtherThanTheModels);
        }

        private static VersionInfo Native(uint version) => new(
            modelSignature: "ELSALVLS",
            verWrittenCur: version,
            verReadableCur: version,
            verWeCanReadBack: FirstVersion,
            // Without a version, so that a file written by a newer library that we can read is not refused for it.
            loaderAssemblyName: typeof(ModelFile).Assembly.GetName().Name,
            loaderSignature: LoaderName);

        // ML.NET looks for this name and these parameters.
        private static ITransformer Create(IHostEnvironment environment, ModelLoadContext context)
        {
            Check(context);
            byte[] digest = context.Reader.ReadBytes(SavedTransformer.DigestBytes);
            return SavedTransformer.Read(environment, context.Directory, digest, Read);

            byte[]? Read(string name)
            {
                byte[]? content = null;
                context.TryLoadBinaryStream(name, reader =>
                {
                    using var copy = new MemoryStream();
                    reader.BaseStream.CopyTo(copy);
                    content = copy.ToArray();
                });
                return content;
            }
        }

        // ML.NET would name its own versions as the ones to use.
        private static void Check(ModelLoadContext context)
        {
            try
            {
                context.CheckAtModel(Native(CascadeVersion));
            }
            catch (FormatException error)
            {
                string path = string.IsNullOrEmpty(context.Directory) ? "Model.key" : $"{context.Directory}/Model.key";
                throw new InvalidDataException(
                    $"Entry '{path.Replace('\\', '/')}' of the model file is damaged, or of a version of Elsa.MLNet " +
                    $"that this one, {typeof(ModelFile).Assembly.GetName().Version}, does not know. Take the file " +
                    $"anew from its source, or load it with the version that saved it. ML.NET says: {error.Message}");
            }
        }
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>Known to the runtime by its name: lets this assembly use what another one keeps internal.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName { get; } = assemblyName;
    }
}
