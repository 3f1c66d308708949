/* Full-reference picture quality, defined as ffmpeg's psnr and ssim filters define it. Pure. */
#ifndef CASELOAD_QUALITY_H
#define CASELOAD_QUALITY_H

#include "common/webrtc/codec/i420.h"

/* What PSNR is cut at where a finite number is needed; identical pictures have an infinite one. */
#define PSNR_DB_MAX 100.0

struct quality {
    double mse[I420_PLANES];
    double psnr_db[I420_PLANES]; /* INFINITY when the planes are identical */
    double psnr_all_db;          /* of the mean error of all samples */
    double ssim[I420_PLANES];    /* 1 when identical */
    double ssim_all;             /* planes weighted by their number of samples */
};

/* Mean squared error of one plane, and its PSNR for 8-bit samples. */
double quality_mse(const struct i420 *a, const struct i420 *b, enum i420_plane plane);
double quality_psnr_db(double mse);
/* Structural similarity of one plane: mean over 8×8 windows at steps of 4 samples. Planes smaller
 * than 8×8 have no window: NAN. */
double quality_ssim(const struct i420 *a, const struct i420 *b, enum i420_plane plane);
/* All of it. Both pictures must have the same size. */
void quality_compare(const struct i420 *a, const struct i420 *b, struct quality *ret_quality);

#endif
