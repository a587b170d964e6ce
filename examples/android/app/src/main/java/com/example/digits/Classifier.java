package com.example.digits;

/** Says which digit a picture shows. */
public final class Classifier {
    static {
        System.loadLibrary("classifier");
    }

    /** The digit on a picture of 8 x 8 shades from 0 (black) to 1, row by row. */
    public static int digit(float[] picture) {
        float[] logits = logits(picture);
        int best = 0;
        for (int i = 1; i < logits.length; ++i) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private static synchronized native float[] logits(float[] picture);

    private Classifier() {}
}
