using System.CommandLine;
using Elsa.MLNet.Benchmarks.Checks;

return new RootCommand("Measures Elsa.MLNet, as ratios within one run.") { CheckCommand.Create() }.Parse(args).Invoke();
