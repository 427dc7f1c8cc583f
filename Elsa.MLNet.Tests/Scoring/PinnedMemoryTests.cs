using Elsa.MLNet.Scoring;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Nothing runs beside it: a collection between giving back and taking would free what is kept.</summary>
[TestClass]
[DoNotParallelize]
public sealed class PinnedMemoryTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(4096)]
    [DataRow(1_000_003)]
    public void It_has_the_bytes_and_starts_where_a_cache_line_does(int bytes)
    {
        using var memory = new PinnedMemory(bytes);
        memory.Span.Fill(7);
        Assert.AreEqual(bytes, memory.Span.Length);
        Assert.AreEqual(0, memory.Address % 64);
    }

    [TestMethod]
    public void What_was_given_back_is_lent_again_and_what_is_lent_is_not()
    {
        // Of a size that nothing else takes.
        const int Bytes = 7_654_321;
        var first = new PinnedMemory(Bytes);
        nint address = first.Address;
        using var other = new PinnedMemory(Bytes);
        Assert.AreNotEqual(address, other.Address);
        first.Dispose();
        first.Dispose();
        using var again = new PinnedMemory(Bytes);
        using var more = new PinnedMemory(Bytes);
        Assert.AreEqual(address, again.Address);
        Assert.AreNotEqual(address, more.Address);
    }

    [TestMethod]
    public void What_was_given_back_cannot_be_used()
    {
        var memory = new PinnedMemory(100);
        memory.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => memory.Span.Length);
        Assert.ThrowsExactly<ObjectDisposedException>(() => memory.Address);
    }
}
