# The run, second by second. Run: gnuplot timeline.gp
set terminal svg size 960,500 dynamic noenhanced font 'sans-serif,13' linewidth 1.4 name 'timeline'
set output 'timeline.svg'
set encoding utf8
set datafile separator ','
set datafile missing ''
set border 3 linecolor rgb '#6b7280'
set tics nomirror textcolor rgb '#4b5563' scale 0.4
set grid ytics linecolor rgb '#d7dbe0' linetype 1 linewidth 0.5
set key textcolor rgb '#4b5563' samplen 2 spacing 1.1
blue = '#0072b2'; orange = '#d55e00'; green = '#009e73'; purple = '#aa4499'
ink = '#4b5563'
nice(x) = x <= 0 ? 1 : (m = 10**floor(log10(x)), x/m <= 1 ? m : x/m <= 2 ? 2*m : x/m <= 5 ? 5*m : 10*m)
top(x) = x > 0 ? x * 1.15 : 1
larger(a, b) = a > b ? a : b
short(x) = x < 10 ? gprintf('%.1f', x) : gprintf('%.0f', x)
set lmargin 9
set rmargin 3
set key horizontal right at graph 1, graph 1.22
stats 'timeline.csv' using 1 skip 1 nooutput
set xrange [0:STATS_max > 0 ? STATS_max : 1]
stats 'timeline.csv' using 2 skip 1 prefix 'A' nooutput
p99 = 0
stats 'timeline.csv' using (p99 = valid(6) && column(6) > p99 ? column(6) : p99, 0) skip 1 nooutput
stats 'timeline.csv' using 8 skip 1 prefix 'C' nooutput
set multiplot layout 3,1 spacing 0,0.09 margins char 9, char 3, char 3.2, char 2
set format x ''
set yrange [0:top(A_max)]; set ytics nice(A_max / 3)
set ylabel 'sessions' textcolor rgb ink offset 1,0
plot 'timeline.csv' using 1:2 skip 1 with filledcurves y1=0 fillstyle transparent solid 0.25 linecolor rgb blue notitle, \
  '' using 1:2 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'running'
set yrange [0:top(p99)]; set ytics nice(p99 / 3)
set ylabel 'frame latency, ms' textcolor rgb ink offset 1,0
plot 'timeline.csv' using 1:4 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'p50', \
  '' using 1:5 skip 1 with lines linewidth 1.6 linecolor rgb orange dashtype (12,4) title 'p95', \
  '' using 1:6 skip 1 with lines linewidth 1.2 linecolor rgb purple dashtype (3,3) title 'p99'
set format x
set yrange [0:top(C_max)]; set ytics nice(C_max / 3)
set ylabel 'Mbit/s' textcolor rgb ink offset 1,0
set xlabel 'seconds since the start' textcolor rgb ink
plot 'timeline.csv' using 1:7 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'sent', \
  '' using 1:8 skip 1 with lines linewidth 1.6 linecolor rgb orange dashtype (12,4) title 'received'
unset multiplot
