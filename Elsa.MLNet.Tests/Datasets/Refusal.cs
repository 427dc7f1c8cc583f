namespace Elsa.MLNet.Tests.Datasets;

/// <summary>Says that a call is refused, and that the message tells what its reader needs.</summary>
static class Refusal
{
    public static void Of<TException>(Action action, params string[] messageParts) where TException : Exception
    {
        var refusal = Assert.ThrowsExactly<TException>(action);
        foreach (var part in messageParts)
            Assert.Contains(part, refusal.Message);
    }
}
