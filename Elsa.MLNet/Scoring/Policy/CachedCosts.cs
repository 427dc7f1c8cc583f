using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Scoring.Policy;

/// <summary>
/// Costs measured once per machine, parent and way of running. A file that cannot be used is told in the log and
/// replaced; a folder that cannot be written costs another measurement next time, nothing else.
/// </summary>
internal sealed class CachedCosts(
    IHostEnvironment environment, ILevelCosts measuring, CostKey key, int levels, string? folder) : ILevelCosts
{
    /// <summary>Costs of a parent's levels, measured by running them and kept in the folder of this user.</summary>
    public CachedCosts(IHostEnvironment environment, LevelModel model, ParentModel parent, RowInputs? inputs)
        : this(environment, new LevelTimer(model, parent, inputs),
            CostKey.Of(parent, model.Execution, inputs?.Shape ?? "", model.Signature.Output.Name), parent.Levels.Count,
            MachineFolder.Path)
    {
    }

    public MeasuredCosts Of(bool anew)
    {
        using var channel = environment.Start("Choose level");
        string? path = folder is null ? null : Path.Combine(folder, key.FileName);
        if (path is not null && !anew)
        {
            var (known, objection) = new CostFile(path).Read(key, levels);
            if (known is not null)
                return known;
            if (objection is not null)
            {
                channel.Warning(MessageSensitivity.None,
                    $"The measurements in '{path}' are ignored: {objection}. The levels are measured anew.");
            }
        }
        var costs = measuring.Of(anew);
        if (path is null)
        {
            channel.Warning(MessageSensitivity.None,
                "The measurements are not kept: this user has no folder for local application data. " +
                $"Name a folder in the environment variable {MachineFolder.Variable}.");
            return costs;
        }
        try
        {
            new CostFile(path).Write(key, costs);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            channel.Warning(MessageSensitivity.None,
                $"The measurements are not kept: {failure.Message} Name another folder in the " +
                $"environment variable {MachineFolder.Variable}.");
        }
        return costs;
    }
}
