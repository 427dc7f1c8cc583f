namespace Elsa.MLNet.Tests.Training;

/// <summary>The sparsity over the steps of a level.</summary>
[TestClass]
public sealed class ElsaSparsifierTests
{
    [TestMethod]
    public void One_shot_changes_the_mask_before_the_first_step_alone()
    {
        Assert.AreEqual(0.9, ElsaSparsifier.OneShot.Change(0, 10, 0.9));
        for (var step = 1; step < 10; step++) Assert.IsNull(ElsaSparsifier.OneShot.Change(step, 10, 0.9));
    }

    [TestMethod]
    public void Gradual_sparsity_follows_the_cubic_law()
    {
        // 100 updates in 100 of 200 steps: one before each.
        var schedule = ElsaSparsifier.Gradual(0.5, 100);
        Assert.IsNull(schedule.Change(0, 200, 0.8));
        for (var step = 1; step <= 100; step++)
            Assert.AreEqual(0.8 * (1 - Math.Pow(1 - step / 100.0, 3)), schedule.Change(step, 200, 0.8)!.Value, 1e-12);
        for (var step = 101; step < 200; step++) Assert.IsNull(schedule.Change(step, 200, 0.8));
    }

    [TestMethod]
    public void Updates_are_spread_evenly()
    {
        var schedule = ElsaSparsifier.Gradual(0.5, 4);
        Assert.AreSequenceEqual([5L, 10L, 15L, 20L], Enumerable.Range(0, 40).Select(step => (long)step).Where(step =>
            schedule.Change(step, 40, 0.8) is not null));
    }

    [TestMethod]
    [DataRow(0.5, 50)]
    [DataRow(1.0, 50)]
    [DataRow(1.0, 1)]
    [DataRow(0.01, 3)]
    [DataRow(0.7, 1000)]
    public void Gradual_sparsity_never_falls_and_ends_at_the_level_s_own(double share, int updates)
    {
        foreach (var steps in (int[])[1, 2, 3, 4, 5, 7, 49, 50, 51, 100, 1000])
        {
            var changes = Changes(ElsaSparsifier.Gradual(share, updates), steps, 0.9);
            Assert.IsNotEmpty(changes);
            Assert.AreSequenceEqual(changes.Order(), changes);
            Assert.AreEqual(0.9, changes[^1], $"{steps} steps");
            Assert.IsLessThanOrEqualTo(updates, changes.Count);
        }
    }

    [TestMethod]
    public void Phases_of_AcDc_alternate_and_the_last_one_is_sparse()
    {
        var schedule = ElsaSparsifier.AcDc(2);
        Assert.AreEqual("0:0 25:0.9 50:0 75:0.9", string.Join(' ', Enumerable.Range(0, 99)
            .Where(step => schedule.Change(step, 100, 0.9) is not null).Select(step => FormattableString.Invariant($"{step}:{schedule.Change(step, 100, 0.9)}"))));
    }

    [TestMethod]
    public void The_last_step_of_AcDc_is_sparse_however_few_there_are()
    {
        for (var cycles = 1; cycles < 6; cycles++)
            for (var steps = 1; steps < 30; steps++)
                Assert.AreEqual(0.9, Changes(ElsaSparsifier.AcDc(cycles), steps, 0.9)[^1], $"{cycles} cycles, {steps} steps");
    }

    [TestMethod]
    [DataRow(0.0, 1)]
    [DataRow(1.1, 1)]
    [DataRow(double.NaN, 1)]
    [DataRow(0.5, 0)]
    public void Numbers_out_of_range_are_refused(double share, int updates) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaSparsifier.Gradual(share, updates));

    [TestMethod]
    public void AcDc_has_at_least_one_cycle() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ElsaSparsifier.AcDc(0));

    [TestMethod]
    public void The_name_has_the_numbers()
    {
        Assert.AreEqual("one-shot", ElsaSparsifier.OneShot.Name);
        Assert.AreEqual("gradual(share 0.25, updates 7)", ElsaSparsifier.Gradual(0.25, 7).Name);
        Assert.AreEqual("ac/dc(3 cycles)", ElsaSparsifier.AcDc(3).Name);
    }

    static List<double> Changes(ElsaSparsifier schedule, int steps, double sparsity) =>
        [.. Enumerable.Range(0, steps).Select(step => schedule.Change(step, steps, sparsity)).OfType<double>()];
}
