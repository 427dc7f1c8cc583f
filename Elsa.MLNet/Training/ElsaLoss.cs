using Elsa.MLNet.Training.Losses;

namespace Elsa.MLNet;

/// <summary>What training minimises, as part of the training graph. Means are over the rows of a batch.</summary>
public abstract class ElsaLoss
{
    private protected ElsaLoss() { }

    /// <summary>
    /// Distance to the original model's own output, so that no labels are needed. Classifiers: T^2 times the
    /// Kullback-Leibler divergence of softmax(z / T) from the original's softmax(z0 / T) over the last axis (Hinton et
    /// al. 2015, arXiv 1503.02531); the model counts as one if its output is made by Softmax or LogSoftmax, or if the
    /// label column is a class. An output made by Sigmoid: binary cross-entropy with the original's probability.
    /// Otherwise the mean squared difference.
    /// </summary>
    /// <param name="temperature">T, above 0. The default value is 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a finite number above 0.</exception>
    public static ElsaLoss Distillation(double temperature = 2) =>
        new DistillationLoss(DistillationForm.Auto, temperature);

    /// <summary>As <see cref="Distillation"/>, taking the output for scores of classes whatever makes it.</summary>
    /// <param name="temperature">T, above 0. The default value is 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a finite number above 0.</exception>
    public static ElsaLoss DistillationOfClasses(double temperature = 2) =>
        new DistillationLoss(DistillationForm.Classes, temperature);

    /// <summary>As <see cref="Distillation"/>, by the mean squared difference of the outputs whatever makes
    /// them.</summary>
    public static ElsaLoss DistillationOfValues { get; } = new DistillationLoss(DistillationForm.Values, 1);

    /// <summary>
    /// -log softmax(z)[label], with scores z before a Softmax, LogSoftmax or Sigmoid if the model ends in one. Labels
    /// are keys or whole numbers 0..C-1.
    /// </summary>
    public static ElsaLoss CrossEntropy { get; } = new CrossEntropyLoss();

    /// <summary>
    /// log(1 + exp(z)) - y z, with z before a Sigmoid if the model ends in one. Labels y are Booleans, keys of two
    /// values, or numbers 0..1, as many as outputs.
    /// </summary>
    public static ElsaLoss BinaryCrossEntropy { get; } = new BinaryCrossEntropyLoss();

    /// <summary>(output - label)^2, mean over values too. Labels are as many numbers as outputs.</summary>
    public static ElsaLoss MeanSquaredError { get; } = new MeanSquaredErrorLoss();

    /// <summary>
    /// A loss given as an ONNX model. Its first input is the model's output at the batch's shape, float32; its second
    /// input the label: int64 [batch] for classes, or float32 [batch, values]. Its first output is the scalar to
    /// minimise.
    /// </summary>
    /// <param name="model">The bytes of the ONNX model.</param>
    /// <param name="name">Name in the manifest.</param>
    /// <exception cref="ArgumentException">The model does not have two inputs and an output, or the label's type is
    /// neither int64 nor float32.</exception>
    /// <exception cref="Onnx.ParentFormatException">The bytes are not an ONNX model.</exception>
    public static ElsaLoss FromOnnx(ReadOnlyMemory<byte> model, string name = "onnx") => new OnnxLoss(model, name);

    /// <summary>Name in the manifest, with its numbers.</summary>
    public abstract string Name { get; }

    /// <summary>Tells losses apart that may share a name.</summary>
    internal virtual string Identity => Name;

    /// <summary>Whether rows need a label.</summary>
    internal abstract bool NeedsLabel { get; }

    /// <summary>What the output is compared with.</summary>
    /// <exception cref="ArgumentException">The output does not fit this loss.</exception>
    internal abstract LossTarget Target(OutputHead head, LabelKind? label);

    /// <summary>Appends the loss.</summary>
    /// <returns>Name of the scalar.</returns>
    internal abstract string Append(LossContext context);
}
