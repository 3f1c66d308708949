"""Our PSNR and SSIM against ffmpeg's psnr and ssim filters, frame by frame and plane by plane, and a
synthetic clip against ffmpeg's VP8 decoder."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOL = Path(os.environ["CASELOAD_BIN"]).parent / "tests" / "quality_print"
PSNR_DB = 0.05
SSIM = 0.002


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True, timeout=120).stdout


def ffmpeg(*arguments):
    run("ffmpeg", "-v", "error", "-y", "-nostdin", *arguments)


def number(text):
    return float("inf") if text == "inf" else float(text)


def raw(size, path):
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-i", path]


@unittest.skipUnless(shutil.which("ffmpeg"), "needs ffmpeg")
class QualityAgainstFfmpeg(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def ours(self, size, a, b):
        width, height = size.split("x")
        lines = run(TOOL, "compare", width, height, a, b).splitlines()
        return [[number(word) for word in re.findall(r"-?[0-9.]+|inf", line)] for line in lines]

    def theirs(self, size, a, b, plain_c):
        psnr, ssim = self.folder / "psnr.txt", self.folder / "ssim.txt"
        ffmpeg(*(["-cpuflags", "0"] if plain_c else []), *raw(size, a), *raw(size, b), "-lavfi",
               f"[0][1]psnr=stats_file={psnr};[0][1]ssim=stats_file={ssim}", "-f", "null", "-")
        lines = []
        for p, s in zip(psnr.read_text().splitlines(), ssim.read_text().splitlines()):
            p = dict(word.split(":") for word in p.split())
            s = dict(word.split(":") for word in re.sub(r"\(.*\)", "", s).split())
            lines.append([number(p[key]) for key in ("psnr_y", "psnr_u", "psnr_v", "psnr_avg")] +
                         [number(s[key]) for key in ("Y", "U", "V", "All")])
        return lines

    def check(self, size, a, b, frames, plain_c=False):
        ours, theirs = self.ours(size, a, b), self.theirs(size, a, b, plain_c)
        self.assertEqual(len(ours), frames)
        self.assertEqual(len(theirs), frames)
        for frame, (mine, other) in enumerate(zip(ours, theirs)):
            for place, (x, y) in enumerate(zip(mine, other)):
                if x == y:  # both infinite
                    continue
                self.assertLessEqual(abs(x - y), PSNR_DB if place < 4 else SSIM,
                                     f"{size} frame {frame} value {place}: {x} against {y}")
        return ours

    def pair(self, source, size, damage, frames=10, plain_c=False):
        """A generated film and the same one after `damage` (an ffmpeg filter)."""
        a, b = self.folder / "a.yuv", self.folder / "b.yuv"
        film = ["-f", "lavfi", "-i", f"{source}=s={size}:r=10", "-frames:v", frames]
        ffmpeg(*film, "-pix_fmt", "yuv420p", "-f", "rawvideo", a)
        ffmpeg(*raw(size, a), "-vf", damage, "-pix_fmt", "yuv420p", "-f", "rawvideo", b)
        return self.check(size, a, b, frames, plain_c)

    def test_noise(self):
        self.pair("testsrc2", "320x180", "noise=alls=20:allf=t:all_seed=1")

    def test_blur(self):
        self.pair("mandelbrot", "640x360", "gblur=sigma=2")

    def test_dark(self):  # where the small constants of SSIM decide
        self.pair("testsrc2", "352x288", "lutyuv=y=val/40,noise=alls=3:allf=t:all_seed=2")

    def test_sizes_that_are_no_multiple_of_blocks(self):
        # ffmpeg 5.1's assembly sums the last windows of a row wrongly at some widths
        # (178 here); its plain C code does not.
        for size in ("322x182", "178x102", "34x26", "642x358"):
            self.pair("testsrc2", size, "noise=alls=10:allf=t:all_seed=3", frames=3, plain_c=True)

    def test_identical(self):
        ours = self.pair("testsrc2", "320x180", "null", frames=2)
        self.assertEqual(ours[0], [float("inf")] * 4 + [1.0] * 4)

    def test_synthetic_clip(self):
        """ffmpeg decodes our clip to as many frames, and to the quality that we measure."""
        for size, fps, bitrate in (("320x180", 15, 150000), ("640x360", 15, 500000)):
            ivf, source, decoded = (self.folder / name for name in ("c.ivf", "c.yuv", "d.yuv"))
            run(TOOL, "clip", *size.split("x"), fps, bitrate, ivf, source)
            ffmpeg("-i", ivf, "-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "-f", "rawvideo",
                   decoded)
            ours = self.check(size, source, decoded, fps * 20)
            mean = sum(line[0] for line in ours) / len(ours)
            self.assertGreater(mean, 30)


if __name__ == "__main__":
    unittest.main()
