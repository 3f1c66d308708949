/* Prints our PSNR and SSIM of raw 4:2:0 pictures, one line per picture: what
 * tests/integration/quality_vs_ffmpeg_test.py compares with ffmpeg's filters.
 *   quality_print compare WIDTH HEIGHT A.yuv B.yuv
 *   quality_print clip WIDTH HEIGHT FPS BITRATE OUT.ivf OUT.yuv    (synthetic clip and its source)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/media/clip.h"
#include "engine/media/clip_file_ivf.h"
#include "engine/media/quality.h"

static int fail(const char *message)
{
    fprintf(stderr, "quality_print: %s\n", message);
    return 1;
}

static void print_line(const struct i420 *a, const struct i420 *b)
{
    struct quality quality;
    quality_compare(a, b, &quality);
    printf("psnr %.6f %.6f %.6f %.6f ssim %.6f %.6f %.6f %.6f\n", quality.psnr_db[I420_Y],
           quality.psnr_db[I420_U], quality.psnr_db[I420_V], quality.psnr_all_db,
           quality.ssim[I420_Y], quality.ssim[I420_U], quality.ssim[I420_V], quality.ssim_all);
}

static int compare(char **words)
{
    uint16_t width = (uint16_t)atoi(words[0]), height = (uint16_t)atoi(words[1]);
    FILE *file_a = fopen(words[2], "rb"), *file_b = fopen(words[3], "rb");
    struct i420 a, b;
    if (!file_a || !file_b || i420_init(&a, width, height) != STATUS_OK ||
        i420_init(&b, width, height) != STATUS_OK)
        return fail("cannot open what to compare");
    size_t size = i420_packed_size(width, height);
    while (fread(a.memory, 1, size, file_a) == size && fread(b.memory, 1, size, file_b) == size)
        print_line(&a, &b);
    i420_finish(&a);
    i420_finish(&b);
    fclose(file_a);
    fclose(file_b);
    return 0;
}

static bool write_picture(FILE *file, const struct i420 *picture)
{
    size_t size = i420_packed_size(picture->width, picture->height);
    struct i420 packed;
    if (i420_init(&packed, picture->width, picture->height) != STATUS_OK)
        return false;
    i420_copy(&packed, picture);
    bool written = fwrite(packed.memory, 1, size, file) == size;
    i420_finish(&packed);
    return written;
}

static int write_clip(const struct video_clip *clip, const char *ivf_path, const char *yuv_path)
{
    struct ivf_writer *writer;
    struct clip_source *source;
    FILE *yuv = fopen(yuv_path, "wb");
    if (!yuv || ivf_writer_create(ivf_path, clip->width, clip->height, &writer) != STATUS_OK ||
        clip_source_create(clip, &source) != STATUS_OK)
        return fail("cannot write the clip");
    for (size_t i = 0; i < clip->frame_count; i++) {
        const struct clip_frame *frame = &clip->frames[i];
        const struct i420 *picture;
        if (ivf_writer_add(writer, frame->data, frame->size, frame->at_us) != STATUS_OK ||
            clip_source_picture(source, i, &picture) != STATUS_OK || !write_picture(yuv, picture))
            return fail("cannot write the clip");
    }
    clip_source_destroy(source);
    fclose(yuv);
    return ivf_writer_destroy(writer) == STATUS_OK ? 0 : fail("cannot complete the clip");
}

static int make_clip(char **words)
{
    struct clip_settings settings = clip_settings_default();
    settings.width = (uint16_t)atoi(words[0]);
    settings.height = (uint16_t)atoi(words[1]);
    settings.fps = (uint16_t)atoi(words[2]);
    settings.video_bitrate_bps = (uint32_t)atoi(words[3]);
    struct video_clip *clip;
    struct failure failure;
    if (video_clip_create(&settings, &clip, &failure) != STATUS_OK)
        return fail(failure.message);
    int code = write_clip(clip, words[4], words[5]);
    video_clip_destroy(clip);
    return code;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "compare") == 0)
        return compare(argv + 2);
    if (argc == 8 && strcmp(argv[1], "clip") == 0)
        return make_clip(argv + 2);
    return fail("compare WIDTH HEIGHT A B, or clip WIDTH HEIGHT FPS BITRATE IVF YUV");
}
