using System.CommandLine;
using Elsa.MLNet.Benchmarks;
using Elsa.MLNet.Benchmarks.Checks;

RuntimeLog.Listen();
return new RootCommand("Measures Elsa.MLNet, as ratios within one run.") { CheckCommand.Create() }.Parse(args).Invoke();
