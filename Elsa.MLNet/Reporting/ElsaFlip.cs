namespace Elsa.MLNet;

/// <summary>A row that a level puts into another class than the dense level does.</summary>
/// <param name="Row">Position of the row in the held-out data, from 0.</param>
/// <param name="DenseClass">Class that the dense level predicts, from 0.</param>
/// <param name="LevelClass">Class that the level predicts, from 0.</param>
/// <param name="Label">The true class, from 0; null without a label.</param>
public readonly record struct ElsaFlip(int Row, int DenseClass, int LevelClass, int? Label);
