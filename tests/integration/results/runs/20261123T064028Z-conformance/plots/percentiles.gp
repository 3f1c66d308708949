# Latency by percentile. Run: gnuplot percentiles.gp
set terminal svg size 960,330 dynamic noenhanced font 'sans-serif,13' linewidth 1.4 name 'percentiles'
set output 'percentiles.svg'
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
known(column) = strlen(strcol(column)) > 0
frame = 0; audio = 0; ear = 0
stats 'percentiles.csv' using (frame = frame + known(3), audio = audio + known(4), ear = ear + known(5), $1) skip 1 nooutput
set logscale xy 10
set xrange [STATS_min:STATS_max * 1.15]
set grid xtics
set xtics ('50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1000, '99.99 %%' 10000, '99.999 %%' 100000, '99.9999 %%' 1000000)
set ylabel 'milliseconds' textcolor rgb ink
set rmargin 5
set key outside top right horizontal
plot frame ? 'percentiles.csv' : '/dev/null' using 1:3 skip 1 with lines linewidth 2 linecolor rgb blue title frame ? 'video frame' : '', \
  audio ? 'percentiles.csv' : '/dev/null' using 1:4 skip 1 with lines linewidth 2 linecolor rgb orange dashtype (12,4) title audio ? 'audio packet' : '', \
  ear ? 'percentiles.csv' : '/dev/null' using 1:5 skip 1 with lines linewidth 2 linecolor rgb green dashtype (3,3) title ear ? 'mouth to ear' : ''
