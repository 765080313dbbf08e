package amounts_test
import ("testing";"context";"os";"strings";"fmt";"github.com/copytaster/copytaster/services/enrich/enricher/amounts")
func TestProbe(t *testing.T){
 e,err:=amounts.New(); if err!=nil{t.Fatal(err)}
 b,_:=os.ReadFile("/tmp/probe.txt")
 for _,l:=range strings.Split(strings.TrimSpace(string(b)),"\n"){
  if len(l)<4 {continue}
  a:=paragraphs(l[3:],l[:2])
  e.Enrich(context.Background(),a)
  fmt.Println(l)
  for _,x:=range a.Amounts{ fmt.Printf("      A %q %s ~%v c%d  %.2f\n",x.In(a.Text),says(x.Known,x.Value,x.To,x.Currency),x.Approximate,x.Converts,x.Confidence)}
  for _,x:=range a.Quantities{ fmt.Printf("      Q %q %s ~%v\n",x.In(a.Text),says(x.Known,x.Value,x.To,x.Unit),x.Approximate)}
 }
}
