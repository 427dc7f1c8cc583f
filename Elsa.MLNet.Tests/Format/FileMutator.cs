using System.Text;
using System.Text.Json.Nodes;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Tests.Format;

/// <summary>Damages the bytes of a parent, one kind of damage at a time, the same for the same seed.</summary>
sealed class FileMutator(byte[] parent, int seed)
{
    public static readonly string[] Categories = ["bit flips", "byte changes", "truncation", "swapped lengths", "huge sizes",
        "manifest without digest", "manifest with digest", "spliced fields", "duplicated fields", "deleted fields", "base64"];

    static readonly string[] Oddities = ["null", "0", "-1", "1e999", "9223372036854775808", "\"\"", "\"\\ud800\"", "[]", "[null]", "{}",
        "{\"a\":1}", "true", "64", "65", "2", "0.5", "\"dense\"", "\"s50\"", "\"element\"", "[1,2,3]", "[-1]", "[4611686018427387904,4]"];

    readonly Random _random = new(seed);

    /// <summary>Damages the parent; the bytes differ from the parent's.</summary>
    public byte[] Mutate(string category)
    {
        byte[] mutated;
        do mutated = MutateOnce(category); while (mutated.AsSpan().SequenceEqual(parent));
        return mutated;
    }

    byte[] MutateOnce(string category) => category switch
    {
        "bit flips" => Repeat(bytes => bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8))),
        "byte changes" => Repeat(bytes => bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256)),
        "truncation" => parent[..(_random.Next(2) == 0 ? _random.Next(parent.Length) : parent.Length - 1 - _random.Next(64))],
        "swapped lengths" => SwapLengths(),
        "huge sizes" => HugeSize(),
        "manifest without digest" => EditManifest(false),
        "manifest with digest" => EditManifest(true),
        "spliced fields" => OnFields((fields, at) => fields.Insert(_random.Next(fields.Count + 1), Foreign(fields[at]))),
        "duplicated fields" => OnFields((fields, at) => fields.Insert(_random.Next(fields.Count + 1), fields[at])),
        "deleted fields" => OnFields((fields, at) => fields.RemoveAt(at)),
        "base64" => EditBase64(),
        _ => throw new ArgumentOutOfRangeException(nameof(category)),
    };

    byte[] Repeat(Action<byte[]> change)
    {
        var bytes = (byte[])parent.Clone();
        for (var count = 1 + (_random.Next(3) == 0 ? _random.Next(8) : 0); count > 0; count--) change(bytes);
        return bytes;
    }

    /// <summary>A place where a length could stand gets a length from elsewhere in the file.</summary>
    byte[] SwapLengths()
    {
        var lengths = Fields(parent, 0, parent.Length, 0).Where(field => field.LengthAt >= 0).ToList();
        var (one, other) = (lengths[_random.Next(lengths.Count)], lengths[_random.Next(lengths.Count)]);
        var bytes = (byte[])parent.Clone();
        var (a, b) = (parent[one.LengthAt..one.Body], parent[other.LengthAt..other.Body]);
        if (a.Length != b.Length) return Replace(parent, one.LengthAt, one.Body, b);
        b.CopyTo(bytes, one.LengthAt);
        a.CopyTo(bytes, other.LengthAt);
        return bytes;
    }

    /// <summary>A length, a dimension or another number becomes huge.</summary>
    byte[] HugeSize()
    {
        var field = Any(Fields(parent, 0, parent.Length, 0).Where(field => field.LengthAt >= 0 || (field.Tag & 7) == 0).ToList());
        ulong[] sizes = [uint.MaxValue, int.MaxValue, 1UL << 31, 1UL << 32, 1UL << 40, long.MaxValue, ulong.MaxValue, (1UL << 28) + 1, 1UL << 62];
        var size = sizes[_random.Next(sizes.Length)];
        return field.LengthAt >= 0 ? Replace(parent, field.LengthAt, field.Body, Varint(size)) : Replace(parent, field.Body, field.End, Varint(size));
    }

    byte[] EditManifest(bool digest)
    {
        var model = ModelProto.Parser.ParseFrom(parent);
        var text = SmallParents.Entry(model, "elsa.manifest").Value;
        if (_random.Next(4) == 0)
        {
            var at = _random.Next(text.Length);
            text = _random.Next(3) switch
            {
                0 => text.Remove(at, Math.Min(_random.Next(1, 9), text.Length - at)),
                1 => text.Insert(at, Oddities[_random.Next(Oddities.Length)]),
                _ => text.Remove(at, 1).Insert(at, ((char)_random.Next(1, 0x300)).ToString()),
            };
        }
        else text = EditJson(JsonNode.Parse(text)!);
        SmallParents.SetManifest(model, text, digest);
        return model.ToByteArray();
    }

    string EditJson(JsonNode root)
    {
        var nodes = new List<JsonNode>();
        Collect(root);
        var node = nodes[_random.Next(nodes.Count)];
        var marker = $"@@{_random.Next()}";
        var odd = Oddities[_random.Next(Oddities.Length)];
        switch (node)
        {
            case JsonObject members when members.Count > 0:
                var name = members.ElementAt(_random.Next(members.Count)).Key;
                if (_random.Next(4) == 0) members.Remove(name);
                else if (_random.Next(4) == 0) members["unknown"] = marker;
                else members[name] = marker;
                break;
            case JsonArray items when items.Count > 0:
                var at = _random.Next(items.Count);
                if (_random.Next(3) == 0) items.RemoveAt(at);
                else if (_random.Next(3) == 0) items.Insert(_random.Next(items.Count), items[at]!.DeepClone());
                else items[at] = marker;
                break;
        }
        return root.ToJsonString().Replace($"\"{marker}\"", odd, StringComparison.Ordinal);

        void Collect(JsonNode? next)
        {
            if (next is JsonObject members) foreach (var member in members) Collect(member.Value);
            else if (next is JsonArray items) foreach (var item in items) Collect(item);
            if (next is JsonObject or JsonArray) nodes.Add(next);
        }
    }

    byte[] EditBase64()
    {
        var model = ModelProto.Parser.ParseFrom(parent);
        var coded = model.MetadataProps.Where(entry => entry.Key.StartsWith("elsa.mask/", StringComparison.Ordinal)
            || entry.Key.StartsWith("elsa.side/", StringComparison.Ordinal)).ToList();
        var entry = coded[_random.Next(coded.Count)];
        var text = new StringBuilder(entry.Value);
        var at = _random.Next(text.Length);
        switch (_random.Next(6))
        {
            case 0: text[at] = (char)_random.Next(1, 0x180); break;
            case 1: text.Insert(at, (char)_random.Next(1, 0x80)); break;
            case 2: text.Remove(at, Math.Min(text.Length - at, _random.Next(1, 9))); break;
            case 3: text.Append(Convert.ToBase64String(new byte[_random.Next(1, 40)])); break;
            case 4: text.Insert(at, _random.Next(2) == 0 ? " " : "\n"); break;
            default:
                var bytes = Convert.FromBase64String(entry.Value);
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                text = new StringBuilder(Convert.ToBase64String(bytes));
                break;
        }
        entry.Value = text.ToString();
        if (_random.Next(2) == 0 && Decoded(entry.Value) is { } map && entry.Key.StartsWith("elsa.mask/", StringComparison.Ordinal))
            SmallParents.EditManifest(model, manifest => manifest["tensors"]!.AsArray()
                .Single(tensor => (string?)tensor!["name"] == entry.Key["elsa.mask/".Length..])!["mapSha256"] = ContentHash.Of(map));
        return model.ToByteArray();
    }

    static byte[]? Decoded(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : null;
    }

    /// <summary>Edits the list of fields of the model or of a message inside it, and writes the lengths anew.</summary>
    byte[] OnFields(Action<List<byte[]>, int> edit) => OnFields(edit, parent, _random.Next(4));

    byte[] OnFields(Action<List<byte[]>, int> edit, byte[] bytes, int depth)
    {
        var fields = Fields(bytes, 0, bytes.Length, int.MaxValue);
        if (fields.Count == 0) return bytes;
        var inner = fields.Where(field => field.LengthAt >= 0 && field.End > field.Body).ToList();
        if (depth > 0 && inner.Count > 0)
        {
            var chosen = Any(inner);
            var body = OnFields(edit, bytes[chosen.Body..chosen.End], depth - 1);
            return [.. bytes[..chosen.LengthAt], .. Varint((ulong)body.Length), .. body, .. bytes[chosen.End..]];
        }
        var list = fields.Select(field => bytes[field.Start..field.End]).ToList();
        edit(list, _random.Next(list.Count));
        return [.. list.SelectMany(field => field)];
    }

    byte[] Foreign(byte[] like)
    {
        var all = Fields(parent, 0, parent.Length, 0);
        var other = Any(all);
        return _random.Next(8) == 0 ? [0x0B, 0x0C, .. like] : parent[other.Start..other.End];
    }

    Field Any(List<Field> fields) => fields[_random.Next(fields.Count)];

    static byte[] Replace(byte[] bytes, int from, int to, byte[] by) => [.. bytes[..from], .. by, .. bytes[to..]];

    static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    readonly record struct Field(int Start, uint Tag, int LengthAt, int Body, int End);

    /// <summary>The fields of a message, and of what parses as a message inside it down to six deep.</summary>
    static List<Field> Fields(byte[] bytes, int start, int end, int depth)
    {
        var fields = new List<Field>();
        for (var at = start; at < end;)
        {
            var from = at;
            if (!TryVarint(bytes, ref at, end, out var tag) || tag >> 3 == 0) return [];
            var lengthAt = -1;
            var body = at;
            switch (tag & 7)
            {
                case 0: if (!TryVarint(bytes, ref at, end, out _)) return []; break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                case 2:
                    lengthAt = at;
                    if (!TryVarint(bytes, ref at, end, out var length) || length > (ulong)(end - at)) return [];
                    body = at;
                    at += (int)length;
                    break;
                default: return [];
            }
            if (at > end) return [];
            fields.Add(new Field(from, (uint)tag, lengthAt, body, at));
        }
        return depth >= 6 ? fields : [.. fields, .. fields.Where(field => field.LengthAt >= 0)
            .SelectMany(field => Fields(bytes, field.Body, field.End, depth + 1))];
    }

    static bool TryVarint(byte[] bytes, ref int at, int end, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && at < end; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return true;
        }
        return false;
    }
}
