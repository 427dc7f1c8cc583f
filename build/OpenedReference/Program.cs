using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

// OpenedReference SOURCE TARGET TYPE...
// Copies an assembly and makes the named types, with all their methods and fields, public in the copy.
if (args.Length < 3)
{
    Console.Error.WriteLine("Usage: OpenedReference SOURCE TARGET TYPE...");
    return 2;
}

byte[] image = File.ReadAllBytes(args[0]);
using var file = new PEReader(new MemoryStream(image, writable: false));
var metadata = file.GetMetadataReader();
foreach (string name in args[2..])
{
    var handle = metadata.TypeDefinitions.FirstOrDefault(candidate => FullName(candidate) == name);
    if (handle.IsNil)
    {
        Console.Error.WriteLine(
            $"error: '{args[0]}' has no type '{name}'. Elsa.MLNet saves through ML.NET's internals, which this " +
            "version has not; correct Elsa.MLNet/Saving/ModelFile.cs, or take the version that it was written for.");
        return 1;
    }
    // Flags are the first column of TypeDef and Field, and stand behind RVA and ImplFlags in MethodDef.
    Set(TableIndex.TypeDef, handle, 0, (int)TypeAttributes.VisibilityMask, (int)TypeAttributes.Public);
    var type = metadata.GetTypeDefinition(handle);
    foreach (var method in type.GetMethods())
        Set(TableIndex.MethodDef, method, 6, (int)MethodAttributes.MemberAccessMask, (int)MethodAttributes.Public);
    foreach (var field in type.GetFields())
        Set(TableIndex.Field, field, 0, (int)FieldAttributes.FieldAccessMask, (int)FieldAttributes.Public);
}
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[1]))!);
File.WriteAllBytes(args[1], image);
return 0;

string FullName(TypeDefinitionHandle handle)
{
    var type = metadata.GetTypeDefinition(handle);
    return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
}

// All of the access flags lie in the lowest byte.
void Set(TableIndex table, EntityHandle row, int column, int mask, int value)
{
    int position = file.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(table)
        + (MetadataTokens.GetRowNumber(row) - 1) * metadata.GetTableRowSize(table) + column;
    image[position] = (byte)((image[position] & ~mask) | value);
}
