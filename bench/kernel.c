/*
 * The limits that bench/backtest.ts measures against: the loops of shared/backtest/ema-cross.ts and
 * shared/indicators/batch.ts in C. Usage: kernel cross|five ROUNDS FILE.., where a file is what
 * activities/backtest/column-file.ts writes. Prints one line of CPU milliseconds per round over all files, then
 * a line of sums.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  long bars;
  double *time, *open, *high, *low, *close, *volume;
} Bars;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static Bars read_bars(const char *path) {
  FILE *f = fopen(path, "rb");
  double head[2];
  Bars b;
  if (!f || fread(head, 8, 2, f) != 2) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(1);
  }
  b.bars = (long)head[1];
  double *all = malloc(6 * b.bars * sizeof(double));
  if (fread(all, 8, 6 * b.bars, f) != (size_t)(6 * b.bars)) exit(1);
  fclose(f);
  b.time = all;
  b.open = all + b.bars;
  b.high = all + 2 * b.bars;
  b.low = all + 3 * b.bars;
  b.close = all + 4 * b.bars;
  b.volume = all + 5 * b.bars;
  return b;
}

typedef struct {
  long count;
  int *entry, *exit;
  unsigned char *reason;
  double *entry_price, *exit_price, *gross, *fees;
} Log;

static void add(Log *log, int reason, long entry, long exit, double in, double out, double fee) {
  long at = log->count++;
  log->reason[at] = reason;
  log->entry[at] = entry;
  log->exit[at] = exit;
  log->entry_price[at] = in;
  log->exit_price[at] = out;
  log->gross[at] = out - in;
  log->fees[at] = fee * (in + out);
}

static void cross(const Bars *b, Log *log) {
  const double *restrict open = b->open, *restrict high = b->high, *restrict low = b->low,
                        *restrict close = b->close;
  const long n = b->bars;
  const double fast = 2.0 / 13, slow = 2.0 / 27, fast_rest = 1 - fast, slow_rest = 1 - slow;
  const double fee = 0.0026;
  double f = close[0], s = close[0];
  long i = 1;
  for (; i < 1000 && i < n; i++) {
    f = f * fast_rest + fast * close[i];
    s = s * slow_rest + slow * close[i];
  }
  double before = f - s;
  while (i < n) {
    int crossed = 0;
    for (; i < n; i++) {
      double c = close[i];
      f = f * fast_rest + fast * c;
      s = s * slow_rest + slow * c;
      double d = f - s;
      if (d > 0 && before <= 0) {
        before = d;
        crossed = 1;
        break;
      }
      before = d;
    }
    if (!crossed || i + 1 >= n) break;
    i++;
    for (;;) {
      long entry = i;
      double in = open[i], stop = in * 0.98, target = in * 1.04, out = 0;
      int reason = 3, leaving = 0;
      for (; i < n; i++) {
        double o = open[i];
        if (leaving) {
          out = o;
          reason = 0;
          break;
        }
        if (low[i] <= stop) {
          out = o <= stop ? o : o >= target ? o : stop;
          reason = o > stop && o >= target ? 2 : 1;
          break;
        }
        if (high[i] >= target) {
          out = o >= target ? o : target;
          reason = 2;
          break;
        }
        double c = close[i];
        f = f * fast_rest + fast * c;
        s = s * slow_rest + slow * c;
        double d = f - s;
        leaving = d < 0 && before >= 0;
        before = d;
      }
      if (reason == 3) {
        i = n - 1;
        out = close[i];
      }
      add(log, reason, entry, i, in, out, fee);
      if (reason == 3) return;
      double c = close[i];
      f = f * fast_rest + fast * c;
      s = s * slow_rest + slow * c;
      double d = f - s;
      int again = d > 0 && before <= 0;
      before = d;
      i++;
      if (!again || i >= n) break;
    }
  }
}

/* The main loop of fiveColumns; the twenty bars of warm-up are left to the averages. */
static void five(const Bars *b, double *restrict *out) {
  const double *restrict high = b->high, *restrict low = b->low, *restrict close = b->close;
  const long n = b->bars;
  const double ae = 2.0 / 22, af = 2.0 / 13, as = 2.0 / 27, ag = 2.0 / 10, aw = 1.0 / 14;
  double e = close[0], f = e, s = e, g = 0, up = 0, down = 0, range = 0, ref = e, sum = 0, sq = 0;
  double *restrict o0 = out[0], *restrict o1 = out[1], *restrict o2 = out[2], *restrict o3 = out[3],
         *restrict o4 = out[4], *restrict o5 = out[5], *restrict o6 = out[6];
  for (long i = 0; i < 20; i++) {
    double x = close[i] - ref;
    sum += x;
    sq += x * x;
  }
  for (long i = 20; i < n; i++) {
    double c = close[i], before = close[i - 1];
    e = e * (1 - ae) + ae * c;
    f = f * (1 - af) + af * c;
    s = s * (1 - as) + as * c;
    double d = f - s;
    g = g * (1 - ag) + ag * d;
    o0[i] = e;
    o1[i] = d;
    o2[i] = g;
    double change = c - before, size = fabs(change);
    up = up * (1 - aw) + aw * ((size + change) / 2);
    down = down * (1 - aw) + aw * ((size - change) / 2);
    double total = up + down;
    o3[i] = total == 0 ? 50 : (100 * up) / total;
    double h = high[i], l = low[i];
    range = range * (1 - aw) + aw * ((h > before ? h : before) - (l < before ? l : before));
    o4[i] = range;
    double gone = close[i - 20] - ref, come = c - ref;
    sum += come - gone;
    sq += come * come - gone * gone;
    if ((i + 1) % 1024 == 0) {
      ref = c;
      sum = sq = 0;
      for (long k = i - 19; k <= i; k++) {
        double x = close[k] - ref;
        sum += x;
        sq += x * x;
      }
    }
    double offset = sum / 20, variance = sq / 20 - offset * offset;
    double band = variance > 0 ? 2 * sqrt(variance) : 0;
    o5[i] = ref + offset + band;
    o6[i] = ref + offset - band;
  }
}

int main(int argc, char **argv) {
  int files = argc - 3, rounds = atoi(argv[2]);
  Bars *bars = malloc(files * sizeof(Bars));
  long most = 0;
  for (int k = 0; k < files; k++) {
    bars[k] = read_bars(argv[3 + k]);
    if (bars[k].bars > most) most = bars[k].bars;
  }
  Log log = {0,
             malloc(most * 4),
             malloc(most * 4),
             malloc(most),
             malloc(most * 8),
             malloc(most * 8),
             malloc(most * 8),
             malloc(most * 8)};
  double *out[7];
  for (int k = 0; k < 7; k++) {
    out[k] = malloc(most * 8);
    memset(out[k], 0, most * 8);
  }
  int crosses = strcmp(argv[1], "cross") == 0;
  long trades = 0;
  double gross = 0, fees = 0, check = 0;
  for (int r = 0; r <= rounds; r++) {
    double started = now_ms();
    trades = 0;
    gross = fees = 0;
    for (int k = 0; k < files; k++) {
      if (crosses) {
        log.count = 0;
        cross(&bars[k], &log);
        trades += log.count;
        for (long t = 0; t < log.count; t++) {
          gross += log.gross[t];
          fees += log.fees[t];
        }
      } else {
        five(&bars[k], out);
        check += out[0][bars[k].bars - 1] + out[5][bars[k].bars - 1];
      }
    }
    if (r > 0) printf("%.4f%s", now_ms() - started, r == rounds ? "\n" : " ");
  }
  printf("%ld %.6f %.6f %.6f\n", trades, gross, fees, check);
  return 0;
}
