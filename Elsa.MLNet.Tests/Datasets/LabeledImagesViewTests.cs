using Elsa.MLNet.Datasets;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Datasets;

[TestClass]
public sealed class LabeledImagesViewTests
{
    static readonly LabeledImages Images = new(
        2, 1, 1, new byte[] { 0, 255, 51, 102, 255, 0 }, [2, 0, 1], ["ant", "bee", "cat"]);

    [TestMethod]
    public void The_columns_are_a_vector_of_known_size_and_a_key_with_the_class_names()
    {
        var schema = Images.ToDataView().Schema;
        var features = (VectorDataViewType)schema["Features"].Type;
        Assert.AreEqual(2, features.Size);
        CollectionAssert.AreEqual(new[] { 1, 1, 2 }, features.Dimensions);
        Assert.AreEqual(3u, ((KeyDataViewType)schema["Label"].Type).Count);
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        schema["Label"].GetKeyValues(ref names);
        CollectionAssert.AreEqual(Images.ClassNames.ToArray(), names.DenseValues().Select(n => n.ToString()).ToArray());
    }

    [TestMethod]
    public void Rows_come_in_order_with_scaled_pixels_and_class_plus_one()
    {
        var view = Images.ToDataView(new PixelScaling([0.2], [0.5]));
        CollectionAssert.AreEqual(new uint[] { 3, 1, 2 }, view.GetColumn<uint>("Label").ToArray());
        var second = view.GetColumn<float[]>("Features").ElementAt(1);
        CollectionAssert.AreEqual(new[] { 0f, (float)((102 / 255.0 - 0.2) / 0.5) }, second);
    }

    [TestMethod]
    public void A_shuffled_view_keeps_each_picture_with_its_label_and_id()
    {
        var set = DrawnDigits.Test(100);
        using var cursor = set.ToDataView().GetRowCursor(set.ToDataView().Schema, new Random(1));
        var features = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Features"]);
        var label = cursor.GetGetter<uint>(cursor.Schema["Label"]);
        var id = cursor.GetIdGetter();
        var pixels = default(VBuffer<float>);
        var rows = new List<int>();
        while (cursor.MoveNext())
        {
            var (key, rowId) = (0u, default(DataViewRowId));
            features(ref pixels);
            label(ref key);
            id(ref rowId);
            var row = (int)rowId.Low;
            rows.Add(row);
            Assert.AreEqual(set.Labels[row] + 1, (int)key);
            var expected = new float[set.BytesPerImage];
            PixelScaling.ZeroToOne.Apply(set.Image(row), 1, expected);
            CollectionAssert.AreEqual(expected, pixels.DenseValues().ToArray());
        }
        CollectionAssert.AreNotEqual(Enumerable.Range(0, 100).ToArray(), rows);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 100).ToArray(), rows);
    }

    [TestMethod]
    public void The_view_knows_its_length() =>
        Assert.AreEqual(3, Images.ToDataView().GetRowCount());

    [TestMethod]
    public void Values_before_the_first_row_and_after_the_last_are_refused()
    {
        var view = Images.ToDataView();
        using var cursor = view.GetRowCursor(view.Schema);
        var label = cursor.GetGetter<uint>(view.Schema["Label"]);
        var value = 0u;
        Refusal.Of<InvalidOperationException>(() => label(ref value), "MoveNext");
        while (cursor.MoveNext())
            label(ref value);
        Assert.IsFalse(cursor.MoveNext());
        Refusal.Of<InvalidOperationException>(() => label(ref value), "MoveNext");
    }

    [TestMethod]
    public void A_column_that_was_not_asked_for_is_refused()
    {
        var view = Images.ToDataView();
        using var cursor = view.GetRowCursor([view.Schema["Label"]]);
        Refusal.Of<InvalidOperationException>(
            () => cursor.GetGetter<VBuffer<float>>(view.Schema["Features"]), "Features", "columnsNeeded");
    }

    [TestMethod]
    public void A_column_read_as_another_type_is_refused()
    {
        var view = Images.ToDataView();
        using var cursor = view.GetRowCursor(view.Schema);
        Refusal.Of<InvalidOperationException>(() => cursor.GetGetter<int>(view.Schema["Label"]), "Label", "Int32");
    }

    [TestMethod]
    public void A_scaling_for_other_channels_is_refused() => Refusal.Of<ArgumentException>(
        () => Images.ToDataView(new PixelScaling([0, 0, 0], [1, 1, 1])), "3 channels");

    [TestMethod]
    public void An_ML_NET_trainer_learns_from_the_view()
    {
        var mlContext = new MLContext(1);
        var model = mlContext.MulticlassClassification.Trainers.NaiveBayes().Fit(DrawnDigits.Train(500).ToDataView());
        var scored = model.Transform(DrawnDigits.Test(100).ToDataView());
        Assert.IsGreaterThan(0.2, mlContext.MulticlassClassification.Evaluate(scored).MicroAccuracy);
    }
}
