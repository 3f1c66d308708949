# Where the time of a join goes. Run: gnuplot join.gp
set terminal svg size 960,300 dynamic noenhanced font 'sans-serif,13' linewidth 1.4 name 'join'
set output 'join.svg'
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
stats 'join.csv' using (column(3) + column(5)) skip 1 nooutput
set yrange [STATS_records + 0.6:0.4]
set xrange [0:STATS_max * 1.25]
set xtics nice(STATS_max / 6)
set xlabel 'milliseconds' textcolor rgb ink
set grid noytics xtics
unset key
set lmargin 22
set rmargin 2
set style fill solid 0.85 noborder
plot 'join.csv' skip 1 using ($6==1 ? $3+$4/2 : NaN):1:3:($3+$4):($1-0.28):($1+0.28):ytic(2) with boxxyerror linecolor rgb blue, \
  '' skip 1 using ($6==0 ? $3+$4/2 : NaN):1:3:($3+$4):($1-0.28):($1+0.28) with boxxyerror linecolor rgb orange, \
  '' skip 1 using ($3+$4):1:($5-$4):(0) with vectors nohead linecolor rgb ink, \
  '' skip 1 using ($3+$5):($1-0.14):(0):(0.28) with vectors nohead linecolor rgb ink, \
  '' skip 1 using ($3+$5):1:('p50 '.short($4).', p95 '.short($5).' ms') with labels left offset 0.8,0 textcolor rgb ink
