package segments
import ("testing";"os";"fmt";"github.com/copytaster/copytaster/pkg/article")
func TestZZ(t *testing.T){
 b,_:=os.ReadFile(os.Getenv("ZZ")); e,err:=New(); if err!=nil{t.Fatal(err)}
 rs,_:=e.Explain(&article.Article{Text:string(b),Source:"site-3"})
 for _,r:=range rs{ s:=string(b)[r.Span.Start:r.Span.End]; if len(s)>70{s=s[:70]}
  fmt.Printf("%-11s %q\n     %v\n     ",r.Kind,s,r.Observed); for _,k:=range r.Ranking[:4]{fmt.Printf("%s %.1f  ",k.Kind,k.Weight)}; fmt.Println()}
}
