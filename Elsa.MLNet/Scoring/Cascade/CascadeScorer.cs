using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>
/// Scores a batch with the first level, gathers the rows of which it is unsure, scores these with the next, and so on.
/// A level is loaded when the first row comes to it.
/// </summary>
internal sealed class CascadeScorer : IBatchScorer
{
    private readonly IReadOnlyList<LevelModel> _levels;
    private readonly RowConfidence _confidence;
    private readonly double _threshold;
    private readonly int _inputSize;
    private readonly int _batchSize;
    private readonly IBatchScorer?[] _scorers;
    private readonly ArrayRows<float> _scores;
    private readonly ArrayRows<int> _levelsUsed;
    private readonly List<int> _asked = [];
    private readonly List<int> _unsure = [];

    public CascadeScorer(
        IReadOnlyList<LevelModel> levels, RowConfidence confidence, double threshold, int inputSize, int batchSize)
    {
        (_levels, _confidence, _threshold, _inputSize) = (levels, confidence, threshold, inputSize);
        _batchSize = batchSize;
        _scorers = new IBatchScorer?[levels.Count];
        _scorers[0] = levels[0].Open(inputSize, batchSize);
        _scores = new ArrayRows<float>(Capacity, levels[0].OutputSize(inputSize));
        _levelsUsed = new ArrayRows<int>(Capacity, 1);
    }

    public int Capacity => _scorers[0]!.Capacity;

    public IRowValues Inputs(int input) => _scorers[0]!.Inputs(input);

    public IRowValues Outputs(int output) => output == 0 ? _scores : _levelsUsed;

    public void Run(int rows)
    {
        _scorers[0]!.Run(rows);
        _unsure.Clear();
        for (int row = 0; row < rows; row++)
            Take(level: 0, row, _scorers[0]!.Score(row));
        for (int level = 1; level < _levels.Count && _unsure.Count > 0; level++)
            Ask(level, _scorers[level] ??= _levels[level].Open(_inputSize, _batchSize));
    }

    public void Dispose()
    {
        foreach (var scorer in _scorers)
            scorer?.Dispose();
    }

    private void Ask(int level, IBatchScorer scorer)
    {
        _asked.Clear();
        _asked.AddRange(_unsure);
        _unsure.Clear();
        for (int start = 0; start < _asked.Count; start += scorer.Capacity)
        {
            int count = Math.Min(scorer.Capacity, _asked.Count - start);
            for (int index = 0; index < count; index++)
                _scorers[0]!.Input(_asked[start + index]).CopyTo(scorer.Input(index));
            scorer.Run(count);
            for (int index = 0; index < count; index++)
                Take(level, _asked[start + index], scorer.Score(index));
        }
    }

    /// <summary>Keeps the level's score of a row, and notes the row if another level is to be asked.</summary>
    private void Take(int level, int row, ReadOnlySpan<float> score)
    {
        score.CopyTo(_scores.Row(row));
        _levelsUsed.Row(row)[0] = _levels[level].Level;
        bool isLast = level == _levels.Count - 1;
        if (!isLast && !(_confidence.Of(score) > _threshold))
            _unsure.Add(row);
    }
}
