namespace Elsa.MLNet.Cli.Inspection;

/// <summary>A stream that counts what is written to it and keeps nothing.</summary>
internal sealed class ByteCounter : Stream
{
    long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => _written += count;

    public override void Write(ReadOnlySpan<byte> buffer) => _written += buffer.Length;

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
