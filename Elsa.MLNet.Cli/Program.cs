using System.Text;
using Elsa.MLNet.Cli;

Console.OutputEncoding = Encoding.UTF8;
using var interruption = new Interruption();
return ElsaCli.Run(args, Console.Out, Console.Error, interruption.Token);
