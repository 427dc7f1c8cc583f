using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Data;

/// <summary>
/// What ML.NET keeps from other libraries and we need: the only place that reaches behind its public face.
/// </summary>
internal static class MLNetInternals
{
    private static readonly PropertyInfo? IsCanceled =
        typeof(IHostEnvironment).Assembly.GetType("Microsoft.ML.Runtime.ICancelable")?.GetProperty("IsCanceled");

    /// <summary>The environment behind mlContext.Transforms: where messages go and cancellation comes from.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "Microsoft.ML.Data.IInternalCatalog.get_Environment")]
    public static extern IHostEnvironment EnvironmentOf(TransformsCatalog catalog);

    /// <summary>
    /// Asks whether the execution that <paramref name="host"/> belongs to was cancelled, as AutoML does.
    /// </summary>
    public static Func<bool> CancellationOf(IHost host) =>
        IsCanceled?.DeclaringType!.IsInstanceOfType(host) == true
            ? IsCanceled.GetMethod!.CreateDelegate<Func<bool>>(host)
            : static () => false;
}
