using System.Reflection;
using Elsa.MLNet.Onnx;
using PublicApiGenerator;

namespace Elsa.MLNet.Tests.PublicApi;

/// <summary>
/// The public face of each library, as a text that a reviewer reads. To accept a change, run the tests with
/// ELSA_ACCEPT_PUBLIC_API=1 and commit the text.
/// </summary>
[TestClass]
public sealed class PublicApiTests
{
    [TestMethod]
    [DataRow(typeof(ParentModel))]
    [DataRow(typeof(ElsaTransformer))]
    public void The_public_face_is_the_one_that_was_reviewed(Type member)
    {
        var assembly = member.Assembly;
        var path = Path.Combine(Repository.Root, "Elsa.MLNet.Tests", "PublicApi", $"{assembly.GetName().Name}.txt");
        // The classes generated from the protobuf schema are the schema's business.
        var types = assembly.GetExportedTypes().Where(type => !typeof(Google.Protobuf.IMessage).IsAssignableFrom(type.DeclaringType?.DeclaringType ?? type)
            && type.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is null
            && type.FullName?.StartsWith("Onnx.", StringComparison.Ordinal) is not true || type.Name.EndsWith("Extensions", StringComparison.Ordinal)).ToArray();
        var actual = ApiGenerator.GeneratePublicApi(types, new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("ELSA_ACCEPT_PUBLIC_API") == "1") File.WriteAllText(path, actual);
        Assert.AreEqual(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
