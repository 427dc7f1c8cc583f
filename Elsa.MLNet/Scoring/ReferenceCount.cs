namespace Elsa.MLNet.Scoring;

/// <summary>
/// Frees something that transformers share when its last user lets go; starts with one user. Thread safe.
/// </summary>
internal sealed class ReferenceCount(Action free)
{
    private int _users = 1;

    /// <summary>One user more.</summary>
    /// <exception cref="ObjectDisposedException">The last user has already let go.</exception>
    public void Add()
    {
        int seen = Volatile.Read(ref _users);
        while (true)
        {
            if (seen == 0)
                throw LevelModel.Disposed();
            int found = Interlocked.CompareExchange(ref _users, seen + 1, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }

    /// <summary>One user less; the last one frees.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            free();
    }
}
