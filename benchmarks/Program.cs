using System.CommandLine;
using Elsa.MLNet.Benchmarks;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Training;

RuntimeLog.Listen();
var root = new RootCommand("Measures Elsa.MLNet, as ratios within one run.") { CheckCommand.Create() };
foreach (var command in StudyCommand.Create()) root.Add(command);
return root.Parse(args).Invoke();
