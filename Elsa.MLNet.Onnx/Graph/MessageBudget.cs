using Google.Protobuf.Reflection;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Estimates, before a message is parsed, the memory that parsing would take, so that a small hostile file cannot claim a
/// large one: an empty node is 2 bytes in the file and hundreds in memory.
/// </summary>
internal static class MessageBudget
{
    /// <summary>Memory that any file may take, in bytes, besides <see cref="PerByte"/> times its length.</summary>
    public const long Base = 48L << 20;

    /// <summary>Memory per byte of the file.</summary>
    public const int PerByte = 3;

    // Bytes of an object's head, of a reference or number in it, of an empty list, of a string's head, of an element of a
    // list that grows by doubling, and of a field that the schema does not know; on 64-bit .NET 10, rounded up.
    const int ObjectBytes = 32;
    const int FieldBytes = 8;
    const int EmptyListBytes = 40;
    const int StringBytes = 32;
    const int ListBytes = 16;
    const int UnknownBytes = 64;
    const int MaximumDepth = 100;

    static readonly Dictionary<MessageDescriptor, MessageFacts> Facts = [];

    /// <summary>A message type's fields by number, and the bytes of an empty object of it.</summary>
    sealed record MessageFacts(Dictionary<int, FieldDescriptor> Fields, int EmptyBytes);

    /// <exception cref="ParentFormatException">Parsing would take more memory than the file's length allows.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, MessageDescriptor type)
    {
        var limit = Base + PerByte * (long)bytes.Length;
        var input = new Wire(bytes, limit);
        input.Walk(type, 0);
        if (input.Used > limit)
            throw new ParentFormatException(ParentFormatError.TooLarge, "the file",
                $"{bytes.Length} bytes claim more than {limit} bytes of memory, which no sensible model does; " +
                "the file is damaged or hostile.");
    }

    static MessageFacts FactsOf(MessageDescriptor type)
    {
        lock (Facts)
        {
            if (Facts.TryGetValue(type, out var facts)) return facts;
            var fields = type.Fields.InDeclarationOrder().ToDictionary(field => field.FieldNumber);
            return Facts[type] = new MessageFacts(fields, ObjectBytes + fields.Values.Sum(field => FieldBytes + (field.IsRepeated ? EmptyListBytes : 0)));
        }
    }

    /// <summary>A number inside its message costs nothing more; in a list, or unknown, it does.</summary>
    static int NumberBytes(FieldDescriptor? field) => field is null ? UnknownBytes : field.IsRepeated ? ListBytes : 0;

    ref struct Wire(ReadOnlySpan<byte> bytes, long limit)
    {
        readonly ReadOnlySpan<byte> _bytes = bytes;
        int _position;

        public long Used { get; private set; }

        // A malformed field ends the walk: what is wrong there the parser says better.
        public bool Walk(MessageDescriptor? type, int depth) => WalkTo(_bytes.Length, type, depth);

        bool WalkTo(int end, MessageDescriptor? type, int depth)
        {
            if (depth > MaximumDepth) return false;
            var fields = type is null ? null : FactsOf(type).Fields;
            var groups = 0;
            while (_position < end)
            {
                // The parser takes the low 32 bits of a tag and of a length, so these count here too.
                if (Used > limit || !TryVarint(end, out var wide)) return false;
                var tag = (uint)wide;
                var field = groups == 0 && fields is not null && fields.TryGetValue((int)(tag >> 3), out var known) ? known : null;
                var done = (tag & 7) switch
                {
                    0 => TryVarint(end, out _) && Use(NumberBytes(field)),
                    1 => Skip(8, end) && Use(NumberBytes(field)),
                    2 => TryVarint(end, out var length) && (uint)length <= (uint)(end - _position) && Value((int)(uint)length, field, depth),
                    // A group is a message without a length; ONNX has none, so whatever is inside is unknown.
                    3 => ++groups <= MaximumDepth && Use(UnknownBytes),
                    4 => --groups >= 0,
                    5 => Skip(4, end) && Use(NumberBytes(field)),
                    _ => false,
                };
                if (!done) return false;
            }
            return true;
        }

        bool Value(int length, FieldDescriptor? field, int depth)
        {
            var end = _position + length;
            switch (field?.FieldType)
            {
                case FieldType.Message:
                    Use(FactsOf(field.MessageType).EmptyBytes);
                    return WalkTo(end, field.MessageType, depth + 1);
                case FieldType.String:
                    Use(StringBytes + 2L * length);
                    break;
                case FieldType.Bytes or null:
                    Use(UnknownBytes + length);
                    break;
                case FieldType.Float or FieldType.Double:
                    Use(2L * length);
                    break;
                default:
                    // Packed varints: each takes 4 or 8 bytes in a list that grows by doubling.
                    Use(ListBytes * (long)Varints(_bytes.Slice(_position, length)));
                    break;
            }
            _position = end;
            return true;
        }

        static int Varints(ReadOnlySpan<byte> packed)
        {
            var count = 0;
            foreach (var value in packed)
                if (value < 0x80) count++;
            return count;
        }

        bool TryVarint(int end, out ulong value)
        {
            value = 0;
            for (var shift = 0; shift < 64 && _position < end; shift += 7)
            {
                var next = _bytes[_position++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80) return true;
            }
            return false;
        }

        bool Skip(int count, int end)
        {
            if (end - _position < count) return false;
            _position += count;
            return true;
        }

        bool Use(long count)
        {
            Used += count;
            return true;
        }
    }
}
