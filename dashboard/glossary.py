"""What the terms mean, in one place: tooltips read it, and so does the Reference page."""

from __future__ import annotations

__all__ = ["TERMS", "explain"]

TERMS: dict[str, str] = {
    "probability": (
        "The model's own degree of belief: softmax of its logits, adding up to 100 % over all "
        "classes. Networks are often surer than they are right."
    ),
    "logit": "The model's raw score for a class, before it is turned into a probability.",
    "model": "The network that looks at the picture, with the weights it was trained to.",
    "framing": (
        "How the picture is fitted to the model's square input. Crop: the short side is scaled "
        "and the centre cut out. Squash: both sides are scaled. Letterbox: the whole picture, "
        "with grey beside it."
    ),
    "explain": (
        "A map always explains one number: the logit of one class, or the difference of two."
    ),
    "contrast": (
        "Explains logit(A) − logit(B): what speaks for A rather than B, instead of what speaks "
        "for A at all."
    ),
    "method": "How the map is computed. Methods answer different questions: compare several.",
    "layer": (
        "The feature layer whose channels the map is made from. Deep layers know about objects "
        "but are coarse; shallow ones are fine but know only edges and textures."
    ),
    "attention": (
        "How much each token (a patch of the picture) of a vision transformer takes from each "
        "other, a share of 1. What is attended to need not speak for the class: weighted by "
        "gradients it says so, a rollout does not."
    ),
    "scale": (
        "The map's raw values at the ends of the colour scale. The upper end is the 99th "
        "percentile of |map|, so that single pixels do not wash out the rest."
    ),
    "counterfactual": (
        "A change that would have led to another decision. Here: regions of the picture that are "
        "removed, as few as possible."
    ),
    "nearest pictures": (
        "Pictures whose features at the model's last layer point the same way (cosine similarity). "
        "To the model they are alike, whatever they look like to us."
    ),
    "completeness error": (
        "The shares of all pixels should add up to f(picture) − f(baseline). This is how far "
        "they miss it, relative to that difference; where it is 0, in logits."
    ),
    "summed defect": (
        "The disagreements along the path, added up without their signs: small only if the "
        "errors are small everywhere, and do not just cancel out."
    ),
    "evidence": (
        "Tests of the map itself: does it beat controls that know nothing of the model, does it "
        "depend on the model at all, does it stay when nothing that matters changes?"
    ),
    "deletion": (
        "The pixels that the map ranks first are removed first. The area under the class's "
        "probability: small if the class is lost soon."
    ),
    "insertion": (
        "The pixels that the map ranks first come back first, into a blurred picture. The area "
        "under the class's probability: large if the class is found soon."
    ),
    "controls": (
        "Maps that know nothing of the model: random blocks, fine noise, edges sharp and blurred, "
        "local contrast, unusual colours, the middle of the picture. A map that does no better "
        "says nothing about the model; one that does need not lie on the object. On pictures that "
        "the rule was not made on, maps that know nothing pass about 1 % of the time."
    ),
    "sanity check": (
        "The model's layers get random weights one after the other, the last one first. A map "
        "that hardly changes does not show what the model has learned."
    ),
    "stability": (
        "How alike the map stays under noise that nobody sees: 1 for the same ranking of pixels."
    ),
    "localisation": (
        "Does the map lie on the object? Pointing game: its highest pixel does. Relevance mass: "
        "the share of its positive values there. Rank accuracy: the share of its highest pixels, "
        "as many as the object has."
    ),
    "interval": (
        "The range that would hold the true mean in 95 of 100 such measurements. Overlapping "
        "intervals do not tell two means apart."
    ),
    "rank correlation": (
        "Spearman's: whether two maps put the pixels in the same order, from −1 (reversed) over 0 "
        "(unrelated) to 1 (the same order). Units and scales do not matter to it."
    ),
    "strongest tenth shared": (
        "Of the area that the strongest 10 % of either map covers, the share that both cover. "
        "Two random maps share about 5 %."
    ),
    "structural similarity": (
        "SSIM: whether two maps look alike patch by patch, once each is divided by its largest "
        "value; 1 for equal maps."
    ),
    "shap": (
        "Shapley values share out a score among parts of the picture: each part gets what it adds "
        "on average, whichever other parts are seen already. The shares and the base value add "
        "up to the score."
    ),
    "explainer": (
        "How Shapley values are computed. Partition and Kernel hide parts of the picture, "
        "Expected gradients compares with other pictures. Their base values differ, and so do "
        "their shares."
    ),
    "base value": "The score that the shares start from: nothing of this picture is seen.",
    "additivity error": (
        "Base value and shares should add up to the score. This is how far they miss it: 0 by "
        "construction where parts are hidden, an estimate's error for Expected gradients."
    ),
    "dimmed": "What the model did not see, because the picture was cropped to its input.",
    "run": (
        "One training: data, recipe, parameters and seed. The same run asked for twice trains once "
        "and its result is a model that every page opens."
    ),
    "recipe": "How a model is trained: from random weights or from a trained model, and on what.",
    "learning curve": (
        "Accuracy or loss after each pass over the training pictures. Training far better than "
        "validation: the model remembers pictures instead of learning the classes."
    ),
    "compression": (
        "Fewer bytes for about the same answers: rounded numbers, or weights set to 0. A small "
        "model can keep the accuracy and still answer otherwise for some groups."
    ),
    "confusion matrix": (
        "How often each true class (row) was taken for each class (column). The diagonal is right."
    ),
    "group": (
        "Test pictures that share an attribute. Accuracy over all pictures can hide that a model "
        "fails one group."
    ),
    "attribute": (
        "What tells people apart, such as age or skin tone. Its values form the groups. Rows "
        "without a value are a group of their own, Unknown."
    ),
    "intersection": (
        "Groups that share values of several attributes, such as dark skin and over 60. A model "
        "can be even over each attribute and still fail an intersection."
    ),
    "gap": (
        "The largest difference of a rate between groups, small ones included. Its interval holds "
        "for all pairs of groups, and for all gaps that are tested, at once."
    ),
    "reference": (
        "What each group is held against. The largest group has the most rows, so that comparisons "
        "with it have the most evidence; the rest are all other groups together, without the group "
        "itself; the best group may be a small one. Every comparison is adjusted over all of them."
    ),
    "verdict": (
        "Flagged: shown to be larger than the tolerance; the whole interval lies beyond. Within "
        "tolerance: shown to be smaller, between all groups that have rows. Else the data are not "
        "enough to tell. Its p is the chance of such data if the gap were at most the tolerance "
        "(flagged), or at least the tolerance (within). Who a verdict does not cover is named."
    ),
    "alpha": (
        "The chance that is put up with of flagging any gap, over all that are tested, that lies "
        "within the tolerance; and of passing any that lies beyond it. Intervals have confidence "
        "1 − α, all at once."
    ),
    "tolerance": "A difference between rates that is put up with, as a share: 0.1 is 10 points.",
    "adjustment": (
        "Who tests many gaps finds some by chance. Holm's method keeps the chance of any false "
        "flag below α, and that of any false pass; Benjamini and Hochberg's keeps the expected "
        "share of false ones among the flags, and among the passes, below α, and so finds more."
    ),
    "halves": (
        "Who looks often enough finds something by chance. To be sure, explore one half of the "
        "rows as long as you like, then confirm what matters on the other half, once. A row's half "
        "follows from its place in the table, whatever is asked. Whoever has looked at all rows "
        "has no fresh half left."
    ),
    "looks": (
        "Each audit, slice search and mitigation of the same table is a look; the same question "
        "again is none. Chances of a false flag add up: an audit tests two families, gaps and "
        "single groups, each at α; a slice search one; a mitigation audits twice. Counted are the "
        "looks of this visit, which the address of this page carries."
    ),
    "conditional parity": (
        "Groups may differ because they differ in something else, such as the department that they "
        "apply to. Held against each other only within rows of equal value of it, and averaged by "
        "how common each value is."
    ),
    "cuts": (
        "Groups of equal size (quantiles), or cuts at given numbers: each group holds the numbers "
        "from its lower end up to, without, its upper end. Dates are taken by month or year."
    ),
    "inequality": (
        "How unequally errors benefit people, in one number (Speicher et al. 2018): who is wrongly "
        "taken for positive gains, who is missed loses. 0 is equality. The part between groups is "
        "what would be left if everybody got their group's mean; the rest is within groups."
    ),
    "minimum n": (
        "A group with fewer rows in the denominator of a rate (positives for the true positive "
        "rate, negatives for the false positive rate) counts as small: it is tested, exactly, and "
        "named as not covered unless its rows show where it lies."
    ),
    "positive class": (
        "The class that the rates are about: true positive rate, selection rate. Without one, each "
        "of several classes is held against the rest."
    ),
    "class of a value": (
        "Which class a value means, where true and predicted classes are spelt differently. Known "
        "pairs need no word: true and false, yes and no, 1 and 0, a dot at the end, upper case."
    ),
    "no value": (
        "Rows whose group is empty, NaN or one of these words are counted as Unknown. A true "
        "class, prediction, score or weight without a value is refused, or its row left out and "
        "counted."
    ),
    "true class column": "What is really so. Without it only selection can be compared.",
    "predicted class column": "What the model decided. It may be left out if there is a score.",
    "score column": (
        "The probability of the positive class; of the predicted class where there are several."
    ),
    "weights column": (
        "How many people a row stands for. Rates are sums of weights; intervals use the effective "
        "number of rows: Kish's, or, of a rate, fewer where weights go with the outcome. Of areas, "
        "of values made of several rates, and of thresholds that are moved it is always Kish's: "
        "where weights go with the outcome, these intervals may be too narrow."
    ),
    "calibration": (
        "Among rows with a score of 70 %, 70 % should be positive. Points below the diagonal: the "
        "model is surer than it is right, for this group."
    ),
    "roc curve": (
        "Every threshold's true positive rate against its false positive rate. Groups on different "
        "curves cannot be made equal by thresholds without making one of them worse."
    ),
    "slice": (
        "Rows that share values of one to three attributes. All combinations are searched for the "
        "worst; p values allow for how many there were."
    ),
    "mistake": (
        "Pictures that the model was sure about and wrong. Many of them share something: a "
        "background, a light, a group."
    ),
    "attack": (
        "A search for a small change that makes the model answer wrong. Stronger attacks find "
        "more, so a curve is only as good as the strongest attack behind it."
    ),
    "epsilon": (
        "How large a change may be. In L∞ it is said in 255ths of a pixel's range: 4/255 moves no "
        "pixel value by more than 4 of its 255 levels, which people hardly see."
    ),
    "norm": (
        "How the size of a change is measured: by its largest pixel (L∞), its length (L2), its sum "
        "(L1), or the share of the picture that a patch covers."
    ),
    "worst case": (
        "A picture counts as broken at ε when any attack broke it there, or at a smaller ε. Noise "
        "does not count: it is the yardstick that every attack must beat."
    ),
    "minimal distance": (
        "The smallest change that was found to break a picture. The true one may be smaller still: "
        "attacks give an upper bound."
    ),
    "robustness gap": (
        "How much more accuracy one group keeps than another at the same ε. Tested by shuffling "
        "the mistakes among all pictures, over every pair of groups, Holm-adjusted over the ε."
    ),
    "honesty check": (
        "Questions to the attack itself: does it beat noise, does more effort find more, does the "
        "loss change as its gradient says? An attack that fails one is too weak, and its curve too "
        "good. A check that could not be made counts against the curve as well."
    ),
    "defence": (
        "The same pictures and the same attacks for each model; what one keeps and another loses "
        "is counted picture by picture (McNemar's test)."
    ),
    "certificate": (
        "A proof that no change within a radius alters the answer. Randomised smoothing proves it "
        "of a vote over noisy copies (L2), interval bounds of the model itself (L∞). Where nothing "
        "is proven, nothing is known: it need not break."
    ),
    "reproduce": (
        "On the same machine and versions it leads to the same weights; elsewhere to nearly the "
        "same figures, because sums are rounded in another order."
    ),
    "balanced accuracy": "The mean over classes of the share classified right: rare ones count.",
    "activation maximisation": (
        "Gradient ascent on the picture instead of the weights: pixels are changed until the "
        "class's logit is high, with penalties that keep the result smooth."
    ),
    "concept": (
        "A direction in the model's features that recurs in many crops. Concepts are found by "
        "splitting the features into non-negative parts (CRAFT)."
    ),
    "corruption": (
        "A change that happens by itself: noise, blur, weather, compression. ImageNet-C has "
        "fifteen of them at five severities; rotation, translation and scale are added here."
    ),
    "out of distribution": (
        "Pictures of something else, for which no class of the model is right. A good score is "
        "high for its own pictures and low for those, whatever class it names."
    ),
    "tcav": (
        "Share of the class's pictures whose logit rises when their features are moved a little "
        "towards the concept. Tested against random pictures taken for a concept."
    ),
}


def explain(term: str) -> str:
    """Return the tooltip of ``term``; an unknown term is a programming mistake."""
    return TERMS[term]
