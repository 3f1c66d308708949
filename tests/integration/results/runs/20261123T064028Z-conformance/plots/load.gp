# Participants and processor. Run: gnuplot load.gp
set terminal svg size 960,370 dynamic noenhanced font 'sans-serif,13' linewidth 1.4 name 'load'
set output 'load.svg'
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
set key horizontal right at graph 1, graph 1.22
stats 'load.csv' using 1 skip 1 nooutput
set xrange [0:STATS_max > 0 ? STATS_max : 1]
stats 'load.csv' using 2 skip 1 prefix 'A' nooutput
target = 0; cores = 0; shards = 0
stats 'load.csv' using (cores = larger(cores, column(3)), cores = valid(5) ? larger(cores, column(5)) : cores, target = target + valid(5), shards = shards + (column(3) > column(4) + 0.01), 0) skip 1 nooutput
set multiplot layout 2,1 spacing 0,0.11 margins char 9, char 3, char 3.2, char 2
set format x ''
set yrange [0:top(A_max)]; set ytics nice(A_max / 3)
set ylabel 'participants' textcolor rgb ink offset 1,0
plot 'load.csv' using 1:2 skip 1 with filledcurves y1=0 fillstyle transparent solid 0.25 linecolor rgb blue notitle, \
  '' using 1:2 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'at once'
set format x
set yrange [0:top(cores)]; set ytics nice(cores / 3)
set ylabel 'cores' textcolor rgb ink offset 1,0
set xlabel 'seconds since the start' textcolor rgb ink
plot 'load.csv' using 1:3 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'generator', \
  shards ? 'load.csv' : '/dev/null' using 1:4 skip 1 with lines linewidth 1.2 linecolor rgb purple dashtype (3,3) title shards ? 'busiest shard' : '', \
  target ? 'load.csv' : '/dev/null' using 1:5 skip 1 with lines linewidth 1.6 linecolor rgb orange dashtype (12,4) title target ? 'target' : ''
unset multiplot
