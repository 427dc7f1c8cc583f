using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>A session that is freed when nobody uses it any more. Thread safe.</summary>
internal sealed class HeldSession : IDisposable
{
    private readonly ReferenceCount _users;

    public HeldSession(InferenceSession session)
    {
        Session = session;
        _users = new ReferenceCount(session.Dispose);
    }

    public InferenceSession Session { get; }

    /// <summary>One user more, until <see cref="Dispose"/>.</summary>
    public HeldSession Share()
    {
        _users.Add();
        return this;
    }

    /// <summary>One user less.</summary>
    public void Dispose() => _users.Release();
}
