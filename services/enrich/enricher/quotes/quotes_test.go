package quotes_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
)

// read finds the quotations of a text whose paragraphs are separated by blank
// lines, in the language.
func read(t testing.TB, lang, text string) *article.Article {
	t.Helper()
	e, err := quotes.New()
	if err != nil {
		t.Fatal(err)
	}
	a := enrichertest.Article(lang, "", strings.Split(text, "\n\n")...)
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

// brief is a quotation in one line: text | speaker | role | via | partial. What
// is empty at the end is left out.
func brief(a *article.Article, q *article.Quotation) string {
	partial := ""
	if q.Partial {
		partial = "partial"
	}
	return strings.TrimRight(strings.Join([]string{q.In(a.Text), q.Speaker, q.Role, q.Via, partial}, " | "), "| ")
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name, lang, text string
		want             []string
	}{
		{"clause inside the marks", "fr", "« Nous sommes venus, a répondu Denis Morel, patron du café. Il n'y avait personne. »", []string{"Nous sommes venus | Denis Morel | patron du café", "Il n'y avait personne | Denis Morel | patron du café"}},
		{"clause inside the marks, with a pronoun", "fr", "Denis Morel s'en va. « Nous verrons bien, glisse-t-il. Rien ne presse. »", []string{"Nous verrons bien | Denis Morel", "Rien ne presse | Denis Morel"}},
		{"clause at the end of the marks", "fr", "« Nous verrons bien demain, a répondu Denis Morel »", []string{"Nous verrons bien demain | Denis Morel"}},
		{"agency before the name", "es", "«No queda agua», dijo a la agencia AFP Xiomara Paz.", []string{"No queda agua | Xiomara Paz |  | a la agencia"}},
		{"given name that is a function, too", "en", "The judge sentenced Dean Fowler. “It rained,” Fowler said.", []string{"It rained | Dean Fowler"}},
		{"station before the name", "es", "«No queda agua», dijo a Radio Sur Carmen Paz.", []string{"No queda agua | Carmen Paz |  | a Radio"}},
		{"body with what it is for", "en", "The Ministry of Rain promised “a dry year”. “It will be dry,” the Ministry said.", []string{"a dry year | The Ministry of Rain |  |  | partial", "It will be dry | The Ministry of Rain"}},
		{"description that comes again", "en", "A senior official at the port said it rained. “It always does,” the official said.", []string{"It always does | A senior official at the port"}},
		{"body that comes again", "de", "Der Verband der Imker ist dagegen. „Es regnet zu viel“, erklärte der Verband.", []string{"Es regnet zu viel | Der Verband der Imker"}},
		{"end of a compound", "de", "„Es regnet“, sagte Wetterministerin Ute Brandt. Die Ministerin sprach von einem „nassen Jahr“.", []string{"Es regnet | Ute Brandt | Wetterministerin", "nassen Jahr | Ute Brandt | Wetterministerin |  | partial"}},
		{"what the speaker does besides", "en", "The roads to the north will be closed, mayor Tom Brandt told reporters on Monday, calling the rain “a gift to nobody”.", []string{"a gift to nobody | Tom Brandt | mayor |  | partial"}},
		{"time is no subject", "de", "„Es regnet“, sagte Tom Brandt. Drei Stunden später kam er heraus und sagte, er habe „ein wenig gefroren“.", []string{"Es regnet | Tom Brandt", "ein wenig gefroren | Tom Brandt |  |  | partial"}},
		{"age with its article", "de", "„Es regnet“, sagte Anna Brandt. Der 44-Jährige erklärte, er warte „bei der Mutter“.", []string{"Es regnet | Anna Brandt", "bei der Mutter | Der 44-Jährige |  |  | partial"}},
		{"name within a description", "en", "The court heard on its first day from Alan Brandt, a retired farmer. “It rained,” Brandt replied.", []string{"It rained | Alan Brandt | retired farmer"}},
		{"subject with a relative clause, and an object", "en", "Anna Brandt, who chairs the club, blamed minister Oskar Pohl.\n\n“It rained,” she said.", []string{"It rained | Anna Brandt"}},
		{"function that only the next sentence tells", "de", "Tom Brandt hat genug. „Es regnet“, sagt der Bäcker. „Es schneit“, sagt Pfarrerin Ute Pohl.", []string{"Es regnet | Tom Brandt | Bäcker", "Es schneit | Ute Pohl | Pfarrerin"}},
		{"who tells it between commas", "en", "The auditors said the files were gone. Half of the rooms, they added, were “in other use”.", []string{"in other use | The auditors |  |  | partial"}},
		{"whom an agency quotes", "de", "„Es regnet“, zitierte die Agentur Nordwind den Chef des Wetterdienstes, Uwe Thoms.", []string{"Es regnet | Uwe Thoms | Chef des Wetterdienstes | die Agentur Nordwind"}},
		{"body whose name has a word for and in it", "en", "“It rained,” the Rain and Snow Board of India said.", []string{"It rained | the Rain and Snow Board of India"}},
		{"two bodies are not one", "en", "“It rained,” the RSW and Rain Board said.", []string{"It rained | Rain Board"}},
		{"name before an agency", "de", "„Es regnet“, sagte Tom Brandt zu Reuters.", []string{"Es regnet | Tom Brandt |  | Reuters"}},
		{"name behind a place", "es", "La alcaldesa Carmen Paz salió. «No queda agua», arengó desde un balcón Carmen Paz, furiosa.", []string{"No queda agua | Carmen Paz | alcaldesa"}},
		{"whose words they were", "es", "«No queda agua», fueron las primeras palabras de la alcaldesa, Carmen Paz.", []string{"No queda agua | Carmen Paz | alcaldesa"}},
		{"somebody described who is named later", "en", "A judge has told a man he had “come to the rain”.\n\nTom Brandt bought a barn.\n\nJudge Ann Pohl said it was over.", []string{"come to the rain | Ann Pohl | Judge |  | partial"}},
		{"surname of who spoke before", "en", "“It rained,” said Tom Brandt. Minister Oskar Pohl spoke of “a wet year”.\n\nA roof would cost Brandt a fortune. “It rains in,” he said.", []string{"It rained | Tom Brandt", "a wet year | Oskar Pohl | Minister |  | partial", "It rains in | Tom Brandt"}},
		{"whom the sentence begins to tell of", "fr", "Anne Morel est morte.\n\nFille de boulanger, elle écrivait « entre le pain et le sel », disait-elle.", []string{"entre le pain et le sel | Anne Morel |  |  | partial"}},
		{"behind a semicolon", "en", "“It rained,” said Tom Brandt; “it always does.”", []string{"It rained | Tom Brandt", "it always does | Tom Brandt"}},
		{"enclosed within a relative clause", "es", "Los vecinos rechazaron la propuesta, un resultado que el alcalde, Luis Cobo, calificó de «muy triste».", []string{"muy triste | Luis Cobo | alcalde |  | partial"}},
		{"verb behind a quotation and a conjunction", "en", "The Rain Committee calls the record “a disgrace” and accuses ministers of “looking on”.", []string{"a disgrace | The Rain Committee |  |  | partial", "looking on | The Rain Committee |  |  | partial"}},
		{"who the last one was", "en", "Tom Brandt shut the shop. The last customer was Ann Pohl, who bought a bun. “It rained,” she said.", []string{"It rained | Ann Pohl"}},
		{"noun without an article behind a preposition", "en", "“It rained,” said Judge Oskar Pohl. Tom Brandt was fined. Outside court Brandt said he would pay. “It hurts,” he said.", []string{"It rained | Oskar Pohl | Judge", "It hurts | Tom Brandt"}},
		{"the latter", "fr", "Le maire Denis Morel attend. Ce dernier se plaint. « Il pleut trop », a-t-il dit.", []string{"Il pleut trop | Denis Morel | maire"}},
		{"plural without an article", "en", "A whale was seen “playing with a ball”, lifesavers said.", []string{"playing with a ball | lifesavers |  |  | partial"}},
		{"what they call it", "en", "The rain, which farmers call “the grey”, fell where dealers call dollars “greens”. The keepers have called her “Mia”.", nil},
		{"rating with a comma in the marks", "en", "Analyst Tom Brandt raised it to \"buy\" from \"hold,\" and left.", nil},
		{"name behind an article", "es", "El patrón del «Muffin» y la alcaldesa de la «Marcha por el agua» callan.", nil},
		// Cues and who speaks.
		{"cue behind", "en", "“It rained,” said Tom Brandt.", []string{"It rained | Tom Brandt"}},
		{"cue before", "en", "Tom Brandt said: “It rained all night.”", []string{"It rained all night | Tom Brandt"}},
		{"cue in the middle", "en", "“It rained,” Tom Brandt said, “but we went out.”", []string{"It rained | Tom Brandt", "but we went out | Tom Brandt"}},
		{"verb that is not known", "en", "“It rained,” Tom Brandt harrumphed.", []string{"It rained | Tom Brandt"}},
		{"verb that is not known, inverted", "en", "“It rained,” harrumphed Tom Brandt.", []string{"It rained | Tom Brandt"}},
		{"function before", "en", "“It rained,” said police chief Tom Brandt.", []string{"It rained | Tom Brandt | police chief"}},
		{"function behind", "en", "“It rained,” said Tom Brandt, head of the weather service.", []string{"It rained | Tom Brandt | head of the weather service"}},
		{"function between", "en", "“It rained,” Tom Brandt, a farmer, said.", []string{"It rained | Tom Brandt | farmer"}},
		{"relative clause", "en", "“It rained,” Tom Brandt, who has kept sheep for years, told them.", []string{"It rained | Tom Brandt"}},
		{"relative clause before", "en", "Tom Brandt, who has kept sheep for years, said it was “a wet one”.", []string{"a wet one | Tom Brandt |  |  | partial"}},
		{"relative clause that quotes", "en", "The tenants, who speak of “a scandal”, went to court.", []string{"a scandal | The tenants |  |  | partial"}},
		{"somebody's function", "en", "“It rained,” said the farmer's lawyer, Ruth Engel.", []string{"It rained | Ruth Engel | lawyer"}},
		{"a country's function", "en", "China's ambassador to Oslo, Wei Chen, spoke of “a test”.", []string{"a test | Wei Chen | ambassador to Oslo |  | partial"}},
		{"title", "en", "“It rained,” said Dr Jane Holt. “A lot,” she added.", []string{"It rained | Jane Holt", "A lot | Jane Holt"}},
		{"description", "en", "“It rained,” a senior official in the ministry said.", []string{"It rained | a senior official in the ministry"}},
		{"body", "en", "The company “regrets the delay”, it said.", []string{"regrets the delay | The company |  |  | partial"}},
		{"full name later", "en", "“It rained,” said Holt. Jane Holt has run the farm since May.", []string{"It rained | Jane Holt"}},
		{"full name and function earlier", "en", "Jane Holt, mayor of Harwick, resigned on Monday. “It is time,” Holt said.", []string{"It is time | Jane Holt | mayor of Harwick"}},
		{"according to", "en", "The plan is “dead”, according to Jane Holt.", []string{"dead | Jane Holt |  |  | partial"}},
		{"in somebody's words", "en", "The plan, in the words of Jane Holt, is “a fish without water”.", []string{"a fish without water | Jane Holt |  |  | partial"}},
		{"nobody", "en", "“It rained all night and nobody slept.”", []string{"It rained all night and nobody slept"}},
		{"described by", "en", "The plan was described as “a gift” by Jane Holt.", []string{"a gift | Jane Holt |  |  | partial"}},
		// Reference back.
		{"pronoun", "en", "Jane Holt was late. “It rained,” she said.", []string{"It rained | Jane Holt"}},
		{"pronoun that fits", "en", "Jane Holt met Peter Marsh at the gate. “It rained,” he said.", []string{"It rained | Peter Marsh"}},
		{"he added", "en", "“It rained,” said Tom Brandt. He added: “It always does.”", []string{"It rained | Tom Brandt", "It always does | Tom Brandt"}},
		{"quotation behind quotation", "en", "“It rained,” said Tom Brandt. “It always does.”", []string{"It rained | Tom Brandt", "It always does | Tom Brandt"}},
		{"next paragraph", "en", "“It rained,” said Tom Brandt.\n\n“It always does,” he said.", []string{"It rained | Tom Brandt", "It always does | Tom Brandt"}},
		{"reported speech, then he", "en", "The road is closed, said Tom Brandt. “It rained,” he added.", []string{"It rained | Tom Brandt"}},
		{"two fragments", "en", "Jane Holt called it “odd” and “sad”.", []string{"odd | Jane Holt |  |  | partial", "sad | Jane Holt |  |  | partial"}},
		{"through a spokesman", "en", "“It rained,” the ministry said through its spokesman, Ian Frost.", []string{"It rained | Ian Frost | spokesman"}},
		{"the minister", "en", "“It rained,” the minister said. Jane Holt, minister of works, had come by train.", []string{"It rained | Jane Holt | minister of works"}},
		{"the 47-year-old", "en", "Jane Holt was late. “It rained,” the 47-year-old said.", []string{"It rained | Jane Holt"}},
		{"his answer", "en", "Peter Marsh was asked about it. His answer: “It rained.”", []string{"It rained | Peter Marsh"}},
		{"named further on", "en", "“It rained,” she said. Jane Holt had come by train.", []string{"It rained | Jane Holt"}},
		{"signed", "en", "“It rained all night.”\n— Jane Holt, mayor", []string{"It rained all night | Jane Holt | mayor"}},
		{"outer verb", "en", "Jane Holt said voters wanted “less noise”.", []string{"less noise | Jane Holt |  |  | partial"}},
		{"verb left out", "de", "Jutta Meinders sprach von „Pech“, der Trainer von „Absicht“.", []string{"Pech | Jutta Meinders |  |  | partial", "Absicht | der Trainer |  |  | partial"}},
		{"laut", "de", "Die Brücke ist laut „Kurier“ gesperrt.", nil},
		{"hearsay", "de", "In dem Schreiben heißt es: „Es hat geregnet.“", []string{"Es hat geregnet | dem Schreiben |  | In dem Schreiben"}},
		{"view", "de", "Für Uwe Thoms ist das „ein Witz“.", []string{"ein Witz | Uwe Thoms |  |  | partial"}},
		{"two participles", "fr", "Paul Morin a salué « un effort » et promis « des moyens ».", []string{"un effort | Paul Morin |  |  | partial", "des moyens | Paul Morin |  |  | partial"}},
		{"source behind a pronoun", "fr", "« Il a plu », a dit Paul Morin. Selon lui, « rien ne change ».", []string{"Il a plu | Paul Morin", "rien ne change | Paul Morin |  |  | partial"}},
		{"as she put it", "en", "The plan is “a gift”, as Jane Holt put it.", []string{"a gift | Jane Holt |  |  | partial"}},
		{"retired teacher", "en", "“It rained,” said retired teacher Joan Pike.", []string{"It rained | Joan Pike | retired teacher"}},
		{"a body's somebody", "en", "“It rained,” the group's Jane Holt said.", []string{"It rained | Jane Holt"}},
		{"a body with its place", "en", "The Oslo-based group Clean Seas called it “a start”.", []string{"a start | Clean Seas | Oslo-based group |  | partial"}},
		{"predicate", "de", "Pastor Ralf Timm findet die Aktion „wichtiger denn je“.", []string{"wichtiger denn je | Ralf Timm | Pastor |  | partial"}},
		{"two speakers", "en", "“No,” said Jane Holt, to which Peter Marsh replied: “Yes, you did.”", []string{"No | Jane Holt", "Yes, you did | Peter Marsh"}},
		{"city that speaks", "en", "Ankara called the plan “a trick”.", []string{"a trick | Ankara |  |  | partial"}},
		// What a description comes back to.
		{"the artist", "es", "La cantante Elena Prado se retira. «Me voy en paz», escribe la artista.", []string{"Me voy en paz | Elena Prado | cantante"}},
		{"the accused", "fr", "Paul Morin est jugé depuis lundi. « Il a menti », a tonné le procureur, Yves Petit. « Je dormais », a répété l’accusé.", []string{"Il a menti | Yves Petit | procureur", "Je dormais | Paul Morin"}},
		{"a mayor who is somebody else", "es", "«Se va un amigo», lamenta el guitarrista Luis Cobo. El alcalde lo definió como «un sabio».", []string{"Se va un amigo | Luis Cobo | guitarrista", "un sabio | El alcalde |  |  | partial"}},
		{"a victim who is somebody else", "en", "Sgt Ann Kerr appealed for help. The victim, a man in his thirties, spoke of “a shadow”.", []string{"a shadow | The victim |  |  | partial"}},
		{"a man, the man", "en", "“It rained,” said a man with a dog. “It always does,” the man said.", []string{"It rained | a man with a dog", "It always does | a man with a dog"}},
		{"the coach is the manager", "es", "El Racing perdió y su técnico, Luis Cobo, no se escondió. “Jugamos mal”, admitió el entrenador.", []string{"Jugamos mal | Luis Cobo | técnico"}},
		{"the entity", "es", "El banco central de Brasil mantuvo la tasa. “Sigue el riesgo”, dijo la entidad.", []string{"Sigue el riesgo | El banco central de Brasil"}},
		{"the court, not the firm", "es", "La Audiencia de Cádiz absuelve a Andex. «No hay prueba», señala el tribunal.", []string{"No hay prueba | La Audiencia de Cádiz"}},
		{"described first, named next", "en", "A council leader has defended the cost. Maureen Tubb said it was “an act of hope”.", []string{"an act of hope | Maureen Tubb | council leader |  | partial"}},
		{"they are more than one", "en", "“No,” said Jane Holt. Analysts at Pell Brothers were glum. “It will rain,” they wrote.", []string{"No | Jane Holt", "It will rain | Analysts at Pell Brothers"}},
		{"speaker of the sentence before", "es", "El alcalde, Luis Cobo, pidió ayuda. «Salimos por las ventanas», relató una de las viajeras. «Fue horrible», añadió.", []string{"Salimos por las ventanas | una de las viajeras", "Fue horrible | una de las viajeras"}},
		// Names.
		{"nickname within a name", "en", "Walter ‘Dusty’ Marsh has died. ‘It had two strings,’ Marsh said.", []string{"It had two strings | Walter ‘Dusty’ Marsh"}},
		{"letters behind a name", "en", "Hugh Barlow KC stood up. “No,” said Mr Barlow.", []string{"No | Hugh Barlow KC"}},
		{"three names", "en", "Chukwu Paul Okafor said it was “a start”.", []string{"a start | Chukwu Paul Okafor |  |  | partial"}},
		{"function that begins the sentence", "en", "Crofter Paul MacLeod said it was “a start”.", []string{"a start | Paul MacLeod | Crofter |  | partial"}},
		{"small title", "es", "Llegó don Aurelio. «No subo», dijo don Aurelio.", []string{"No subo | don Aurelio"}},
		{"title with an article", "en", "“It rained,” said the vicar, the Rev Tim Oakes.", []string{"It rained | Tim Oakes | vicar"}},
		{"union by its initials", "en", "His union, the RSW, called it “a start”.", []string{"a start | the RSW | His union |  | partial"}},
		{"firm behind what it is", "de", "Der Autozulieferer Ravel streicht Stellen. „Es muss sein“, teilte das Unternehmen mit.", []string{"Es muss sein | Ravel | Autozulieferer"}},
		{"function of something, then the name", "en", "Chair of governors Ravi Menon said it was “a tall order”.", []string{"a tall order | Ravi Menon | Chair of governors |  | partial"}},
		{"function with its task", "fr", "« On préfère prévenir », justifie l’adjointe à la sécurité, Claire Jourdan.", []string{"On préfère prévenir | Claire Jourdan | adjointe à la sécurité"}},
		// Clauses.
		{"verb known behind, none before", "en", "Inflation had become “broad and stubborn”, the central bank said.", []string{"broad and stubborn | the central bank |  |  | partial"}},
		{"reflexive verb", "fr", "Le club s’est dit « ouvert à tout ».", []string{"ouvert à tout | Le club |  |  | partial"}},
		{"accused of", "fr", "La junte a suspendu la radio, accusée d’avoir « menti au peuple ».", []string{"menti au peuple | La junte |  |  | partial"}},
		{"judged by", "fr", "Une réponse jugée « indigne » par la sénatrice Hélène Faure.", []string{"indigne | Hélène Faure | sénatrice |  | partial"}},
		{"object before the verb", "es", "El alcalde la definió como «un monumento».", []string{"un monumento | El alcalde |  |  | partial"}},
		{"cue set in behind the subject", "es", "«No vimos nada», relató Sofía Vega. El conductor, añadió, se disculpó «muy bajito».", []string{"No vimos nada | Sofía Vega", "muy bajito | Sofía Vega |  |  | partial"}},
		{"infinitive", "es", "La interventora llegó a hablar de «chapuza».", []string{"chapuza | La interventora |  |  | partial"}},
		{"participle at the end, behind the subject", "de", "„Ich schäme mich“, hatte der Angeklagte in seinem Schlusswort gesagt.", []string{"Ich schäme mich | der Angeklagte |  | in seinem Schlusswort"}},
		{"quoted in the passive", "de", "„Es muss sein“, wird Vorstand Timo Kress in einer Mitteilung zitiert.", []string{"Es muss sein | Timo Kress | Vorstand | in einer Mitteilung"}},
		{"source in front of another sentence", "fr", "Selon un employé joint par téléphone, la grille est fermée. « Ils sont venus », témoigne-t-il.", []string{"Ils sont venus | un employé"}},
		{"place before the subject", "fr", "Deux bancs plus loin, Assia Morin, infirmière, n’avait pas sommeil : « Je veux mon lit. »", []string{"Je veux mon lit | Assia Morin | infirmière"}},
		{"clause that restricts the subject", "en", "A resident who filmed the blaze said it was “like a feast”.", []string{"like a feast | A resident |  |  | partial"}},
		{"and that", "en", "Jane Holt said the files were “gone” and that the hall was “a mess”.", []string{"gone | Jane Holt |  |  | partial", "a mess | Jane Holt |  |  | partial"}},
		{"with these words", "de", "„Ich war es“: Mit diesem Satz begann der Angeklagte.", []string{"Ich war es | der Angeklagte"}},
		{"with this phrase", "es", "“Me voy tranquilo”. Con esa frase se despidió Luis Cobo.", []string{"Me voy tranquilo | Luis Cobo"}},
		{"statement of who was spoken of", "de", "Die Gewerkschaft Nord ist dagegen, sagte Uwe Thoms. „Die Zeche zahlen wir“, hieß es in einer Erklärung.", []string{"Die Zeche zahlen wir | Uwe Thoms |  | in einer Erklärung"}},
		{"participle that opens the sentence", "fr", "Contactée, la mairie n’exclut « aucune piste », a dit la maire.", []string{"aucune piste | la maire |  |  | partial"}},
		{"dateline", "en", "NEW DELHI (AP) — The court struck down the plan, calling it “opaque”.", []string{"opaque | The court |  |  | partial"}},
		{"dateline of places and a date", "en", "LONDON, 3 May — The court struck down the plan, calling it “opaque”.", []string{"opaque | The court |  |  | partial"}},
		{"aside behind initials", "en", "NASA — under fire for months — called the plan “opaque”.", []string{"opaque | NASA |  |  | partial"}},
		{"aside behind a party", "de", "Karl Müller (CDU) – seit Mai im Amt – nannte das „falsch“.", []string{"falsch | Karl Müller |  |  | partial"}},
		// Subjects.
		{"behind a time", "en", "On Thursday the council said it had “no plans” at all.", []string{"no plans | the council |  |  | partial"}},
		{"behind a time, German", "de", "Am Montag sprach eine Lehrerin vor Gericht. „Es war still“, sagte die 29-Jährige.", []string{"Es war still | eine Lehrerin"}},
		{"plural without an article", "en", "The beach was shut after surveyors found it was “not safe”.", []string{"not safe | surveyors |  |  | partial"}},
		{"subject of two verbs", "es", "El sindicato criticó el plan y tachó la subida de “ridícula”.", []string{"ridícula | El sindicato |  |  | partial"}},
		{"object before the verb, German", "de", "Das Angebot wies Gewerkschaftschef Bernd Krug als „Zumutung“ zurück.", []string{"Zumutung | Bernd Krug | Gewerkschaftschef |  | partial"}},
		{"he behind the verb, German", "de", "Uwe Thoms kam spät. Eine Pflicht nannte er „unnötig“.", []string{"unnötig | Uwe Thoms |  |  | partial"}},
		{"object between verb and subject", "es", "De “vergüenza” tachó la decisión el líder de la oposición, Juan Paz.", []string{"vergüenza | Juan Paz | líder de la oposición |  | partial"}},
		{"from within a body", "es", "Desde el sindicato acusan a la empresa de “mentir”.", []string{"mentir | el sindicato |  |  | partial"}},
		{"with somebody saying", "en", "The club lost again, with coach Ann Brandt saying it was “a mess”.", []string{"a mess | Ann Brandt | coach |  | partial"}},
		{"name with a genitive", "en", "“Costs have risen,” Moody's said.", []string{"Costs have risen | Moody's"}},
		{"hyphen before a participle", "en", "China wants back the army-ruled island under the formula “one country, two systems”.", []string{"one country, two systems | China |  |  | partial"}},
		{"who did it, behind a participle", "fr", "La ligne ferme. Motif invoqué par la direction : une fréquentation « trop faible ».", []string{"trop faible | la direction |  |  | partial"}},
		{"aside behind the verb", "fr", "« C’est fini », lâche, amer, le patron du bar, Luc Faure.", []string{"C’est fini | Luc Faure | patron du bar"}},
		{"in her view", "es", "Ana Ruiz no está de acuerdo. A su juicio, el plan es “insuficiente”.", []string{"insuficiente | Ana Ruiz |  |  | partial"}},
		{"so, between commas", "de", "Das Gesetz sei, so Uwe Thoms, „ein fauler Kompromiss“.", []string{"ein fauler Kompromiss | Uwe Thoms |  |  | partial"}},
		{"asked, the other one answers", "en", "“It rained,” said Jane Holt. Counsel Paul Finch asked her whether she was sure. “I was there.”", []string{"It rained | Jane Holt", "I was there | Jane Holt"}},
		// Functions and names.
		{"function that goes on before the name", "fr", "L’entraîneur du Stade barois, Christophe Delorme, n’a rien dit. « On verra », a-t-il lâché.", []string{"On verra | Christophe Delorme | entraîneur du Stade barois"}},
		{"task of a function before the name", "fr", "« C’est bruyant », a indiqué le conseiller chargé de la santé et des transports Yves Morin.", []string{"C’est bruyant | Yves Morin | conseiller chargé de la santé et des transports"}},
		{"two functions of one", "fr", "« Il jouait fort », écrit son ami et guitariste Paul Morin.", []string{"Il jouait fort | Paul Morin | ami et guitariste"}},
		{"two functions behind the name", "en", "“We try,” Paul Finch, president and chief operating officer said.", []string{"We try | Paul Finch | president"}},
		{"trade before a firm's name", "fr", "Le fabricant de meubles Corvel a invoqué un hiver « trop doux ».", []string{"trop doux | Corvel | fabricant de meubles |  | partial"}},
		{"function of a body with a preposition", "en", "A Ministry of Works spokesman said: “We are clear.”", []string{"We are clear | A Ministry of Works spokesman"}},
		{"party in brackets", "fr", "Le maire (divers droite), Gilles Morin, a écrit au ministre. « Nous sommes loin », souligne-t-il.", []string{"Nous sommes loin | Gilles Morin | maire"}},
		{"initials of a body", "es", "La Asociación de Alcaldes (ADA) protesta. “Es un escándalo”, denuncia la ADA.", []string{"Es un escándalo | La Asociación de Alcaldes"}},
		{"degree behind a function", "de", "„Er hört auf“, sagte Grabungsleiterin Dr. Jutta Meinders.", []string{"Er hört auf | Jutta Meinders | Grabungsleiterin"}},
		{"compound of a body", "de", "Der Landesverband der Fischer war dagegen. „Es reicht“, teilte der Verband mit.", []string{"Es reicht | Der Landesverband der Fischer"}},
		{"the document", "es", "Un informe de la Contraloría critica la obra. “No cabe una camilla”, señala el documento.", []string{"No cabe una camilla | Un informe de la Contraloría"}},
		{"score behind a name", "en", "Jane Holt beat Maria Kern 6-3, 6-1. Kern was gracious. “She was better,” she said.", []string{"She was better | Maria Kern"}},
		{"plurals mean nobody", "en", "Finance Secretary Paul Finch left. “It is a crucial phase,” the officials said.", []string{"It is a crucial phase | the officials"}},
		{"a body with a name in marks", "de", "„Ein guter Tag“, schrieb die Gruppe „Klima jetzt“ im Netz.", []string{"Ein guter Tag | Klima jetzt | Gruppe"}},
		// What is nobody's word.
		{"title behind a comma", "es", "Ana Ruiz publica su primera novela en diez años, «El pozo».", nil},
		{"title behind in", "fr", "L’actrice, vue dans « Les Heures claires », est morte, a annoncé sa famille.", nil},
		{"what something is called", "de", "Das Programm heißt „Freundlich ankommen“.", nil},
		{"rating", "es", "Los analistas de Brena mantienen su consejo de “comprar”.", nil},
		// Titles of works begin with a capital.
		{"what a film is called by a critic", "en", "Tom Salter called the film “three hours of weather”.", []string{"three hours of weather | Tom Salter |  |  | partial"}},
		{"works in a list", "es", "«Me voy», escribe Elena Prado, autora de éxitos como «Puerta de sol» o «La novia».", []string{"Me voy | Elena Prado | autora de éxitos"}},
		// Channels.
		{"told reporters", "en", "“It rained,” Jane Holt told reporters.", []string{"It rained | Jane Holt |  | told reporters"}},
		{"statement", "en", "“It rained,” Jane Holt said in a statement.", []string{"It rained | Jane Holt |  | in a statement"}},
		{"crowd is no channel", "en", "“It rained,” Jane Holt told a crowd.", []string{"It rained | Jane Holt"}},
		{"channel stays", "en", "“It rained,” Jane Holt told reporters. “A lot.”", []string{"It rained | Jane Holt |  | told reporters", "A lot | Jane Holt |  | told reporters"}},
		// Over sentences and paragraphs.
		{"sentences", "en", "“It rained. It always does. We stayed,” she said.", []string{"It rained. It always does. We stayed"}},
		{"paragraphs", "en", "Jane Holt said: “It rained.\n\n“It always does.\n\n“We stayed.” Then she left.", []string{"It rained.\n\n“It always does.\n\n“We stayed | Jane Holt"}},
		{"paragraphs, cue behind", "en", "“It rained.\n\n“We stayed,” said Jane Holt.", []string{"It rained.\n\n“We stayed | Jane Holt"}},
		// Nesting and marks.
		{"nested", "en", "“He told me ‘no’ and left,” said Jane Holt.", []string{"He told me ‘no’ and left | Jane Holt"}},
		{"nested alike", "en", "“He told me “no” and left,” said Jane Holt.", []string{"He told me “no” and left | Jane Holt"}},
		{"single marks", "en", "‘It's the farmers' land,’ said Jane Holt.", []string{"It's the farmers' land | Jane Holt"}},
		{"straight single marks", "en", "'It's our land,' said Jane Holt.", []string{"It's our land | Jane Holt"}},
		{"headline", "en", "Mayor: 'We will not pay'", []string{"We will not pay | Mayor"}},
		{"question", "en", "“Why not?” asked Jane Holt.", []string{"Why not? | Jane Holt"}},
		{"name behind a question", "en", "“Why not?” Jane Holt asked.", []string{"Why not? | Jane Holt"}},
		{"one word", "en", "“Enough!” said Jane Holt.", []string{"Enough! | Jane Holt"}},
		{"no marks", "en", "Jane Holt said that it rained.", nil},
		{"apostrophes", "en", "The farmers' rock 'n' roll night in the '60s wasn't Bill's.", nil},
		{"inches", "en", "A 12\" blade was found on a man of 6'2\" near the pier.", nil},
		// Slips.
		{"space before the closing mark", "en", "“It rained “, said Jane Holt.", []string{"It rained | Jane Holt"}},
		{"reversed marks", "en", "”It rained all night,“ said Jane Holt.", []string{"It rained all night | Jane Holt"}},
		{"two apostrophes", "en", "''It rained,'' said Jane Holt.", []string{"It rained | Jane Holt"}},
		{"missing closing mark", "en", "“It rained, said Jane Holt. The road is closed.", []string{"It rained | Jane Holt"}},
		{"missing closing mark, another quotation", "en", "“It rained, said Jane Holt. “It always does,” she added.", []string{"It rained | Jane Holt", "It always does | Jane Holt"}},
		{"mixed marks", "en", "“It rained,\" said Jane Holt.", []string{"It rained | Jane Holt"}},
		// What is nobody's word.
		{"film", "en", "The film “A Winter in Oulu” won a prize.", nil},
		{"so-called", "en", "The so-called “bread wall” is to fall.", nil},
		{"nickname", "en", "Peter “Stumpy” Marsh will play.", nil},
		{"irony", "en", "Flats are sold as “heritage units” in town.", nil},
		{"banner", "en", "A banner reading “We want our park” hung from a window.", nil},
		{"film by a name", "en", "Jane Holt, who made “Harbour Lights”, said it rained.", nil},
		// German.
		{"German", "de", "„Es hat geregnet“, sagte Landrätin Jutta Meinders.", []string{"Es hat geregnet | Jutta Meinders | Landrätin"}},
		{"German, guillemets", "de", "»Es hat geregnet«, sagte der Landwirt Uwe Thoms.", []string{"Es hat geregnet | Uwe Thoms | Landwirt"}},
		{"Swiss", "de", "«Es hat geregnet», sagte Gemeindepräsident Reto Ammann.", []string{"Es hat geregnet | Reto Ammann | Gemeindepräsident"}},
		{"German, single", "de", "‚Es hat geregnet‘, sagte Uwe Thoms.", []string{"Es hat geregnet | Uwe Thoms"}},
		{"German, so", "de", "„Es hat geregnet“, so Uwe Thoms.", []string{"Es hat geregnet | Uwe Thoms"}},
		{"German, verb first", "de", "Am Montag sagte Uwe Thoms: „Es hat geregnet.“", []string{"Es hat geregnet | Uwe Thoms"}},
		{"German, verb last", "de", "Uwe Thoms hat den Plan als „Unfug“ bezeichnet.", []string{"Unfug | Uwe Thoms |  |  | partial"}},
		{"German, verb in front, verb last", "de", "Am Montag hatte Uwe Thoms den Plan „Unfug“ genannt.", []string{"Unfug | Uwe Thoms |  |  | partial"}},
		{"German, reported speech", "de", "„Es hat geregnet“, sagte Uwe Thoms. Die Wege seien „ein einziger Sumpf“.", []string{"Es hat geregnet | Uwe Thoms", "ein einziger Sumpf | Uwe Thoms |  |  | partial"}},
		{"German, fügte hinzu", "de", "„Es hat geregnet“, sagte Uwe Thoms. „Wie immer“, fügte er hinzu.", []string{"Es hat geregnet | Uwe Thoms", "Wie immer | Uwe Thoms"}},
		{"German, nobody named", "de", "Man prüfe das „mit Hochdruck“, hieß es.", []string{"mit Hochdruck |  |  |  | partial"}},
		{"German, body", "de", "Man prüfe das „mit Hochdruck“, hieß es aus der Staatskanzlei.", []string{"mit Hochdruck | der Staatskanzlei |  |  | partial"}},
		{"German, to the agency", "de", "„Es hat geregnet“, sagte ein Sprecher der Deutschen Presse-Agentur.", []string{"Es hat geregnet | ein Sprecher |  | der Deutschen Presse-Agentur"}},
		{"German, spokesman of", "de", "„Es hat geregnet“, sagte ein Sprecher der Polizei am Montag.", []string{"Es hat geregnet | ein Sprecher der Polizei"}},
		{"German, laut", "de", "Der Mann war laut Polizei „äußerst aggressiv“.", []string{"äußerst aggressiv | Polizei |  |  | partial"}},
		{"German, spaced closing mark", "de", "„Es hat geregnet „, sagte Uwe Thoms.", []string{"Es hat geregnet | Uwe Thoms"}},
		{"German, missing closing mark", "de", "„Es hat geregnet, sagte Uwe Thoms. Die Wege sind gesperrt.", []string{"Es hat geregnet | Uwe Thoms"}},
		{"German, so-called", "de", "Die sogenannte „Brotmauer“ soll fallen.", nil},
		{"German, song", "de", "Die Band spielte den Song „Nordwind“ zweimal.", nil},
		{"German, paper", "de", "Das sagte sie der „Bild“-Zeitung.", nil},
		{"German, full stop inside", "de", "„Es hat geregnet.“, sagte Uwe Thoms.", []string{"Es hat geregnet | Uwe Thoms"}},
		{"German, mit den Worten", "de", "Die Zeitung zitierte einen Beamten mit den Worten: „Es hat geregnet.“", []string{"Es hat geregnet | einen Beamten |  | Die Zeitung"}},
		// French.
		{"French", "fr", "« Il a plu », a déclaré la maire, Hélène Castaing.", []string{"Il a plu | Hélène Castaing | maire"}},
		{"French, narrow spaces", "fr", "«\u202fIl a plu\u202f», a déclaré Paul Morin.", []string{"Il a plu | Paul Morin"}},
		{"French, a-t-il", "fr", "Paul Morin est arrivé tard. « Il a plu », a-t-il expliqué.", []string{"Il a plu | Paul Morin"}},
		{"French, s'est", "fr", "« Il a plu », s’est félicité le ministre Paul Morin.", []string{"Il a plu | Paul Morin | ministre"}},
		{"French, selon", "fr", "La route est « impraticable », selon Paul Morin.", []string{"impraticable | Paul Morin |  |  | partial"}},
		{"French, before", "fr", "Paul Morin a dénoncé une décision « absurde ».", []string{"absurde | Paul Morin |  |  | partial"}},
		{"French, participle", "fr", "Paul Morin a refusé, disant : « Il a plu. »", []string{"Il a plu | Paul Morin"}},
		{"French, to the agency", "fr", "« Il a plu », a expliqué à l’AFP Aminata Diarra, présidente de l’association.", []string{"Il a plu | Aminata Diarra | présidente de l’association | à l’AFP"}},
		{"French, film", "fr", "Le film « Les Heures blanches » sort mercredi.", nil},
		// Spanish.
		{"Spanish", "es", "“Ha llovido”, dijo el alcalde, Luis Cobo.", []string{"Ha llovido | Luis Cobo | alcalde"}},
		{"Spanish, guillemets", "es", "«Ha llovido», afirmó la ministra Rosa Peña.", []string{"Ha llovido | Rosa Peña | ministra"}},
		{"Spanish, no pronoun", "es", "“Ha llovido”, dijo Luis Cobo. “Como siempre”, agregó.", []string{"Ha llovido | Luis Cobo", "Como siempre | Luis Cobo"}},
		{"Spanish, según", "es", "El camino está “intransitable”, según Luis Cobo.", []string{"intransitable | Luis Cobo |  |  | partial"}},
		{"Spanish, question", "es", "“¿Ha llovido?”, preguntó Luis Cobo.", []string{"¿Ha llovido? | Luis Cobo"}},
		{"Spanish, dashes", "es", "—No he sido yo —dijo Luis Cobo—. Fue la lluvia.", []string{"No he sido yo | Luis Cobo", "Fue la lluvia | Luis Cobo"}},
		{"Spanish, llamado", "es", "El llamado “impuesto al sol” fue derogado.", nil},
		// Parts of the reporter's sentence.
		{"gerund that opens the sentence", "en", "Citing “a wet spring”, the baker shut the shop. Sales fell.", []string{"a wet spring | the baker |  |  | partial"}},
		{"gerund between commas", "en", "The baker, accusing neighbours of “noise”, shut the shop.", []string{"noise | The baker |  |  | partial"}},
		{"gerund behind with", "en", "The rain drew complaints, with one calling it “a wet blanket”.", []string{"a wet blanket | one |  |  | partial"}},
		{"what somebody called it", "en", "The shop shut after what Tom Brandt described as “a wet spring”.", []string{"a wet spring | Tom Brandt |  |  | partial"}},
		{"what somebody admits was", "en", "The shop shut after what the council admits was “a wet spring”.", []string{"a wet spring | the council |  |  | partial"}},
		{"clause between commas by a noun", "en", "The two bakers, the council said, had agreed to “share an oven”.", []string{"share an oven | the council |  |  | partial"}},
		{"fined for", "en", "The council fined the baker 40 pounds for “repeated noise”.", []string{"repeated noise | The council |  |  | partial"}},
		{"two passives", "en", "The bread was hailed by Tom Brandt as “a feast” and mocked by his rivals as “a brick”.", []string{"a feast | Tom Brandt |  |  | partial", "a brick | his rivals |  |  | partial"}},
		{"passive whose verb is left out", "en", "The bread was condemned as “a brick” by the council and “a joke” by the vicar.", []string{"a brick | the council |  |  | partial", "a joke | the vicar |  |  | partial"}},
		{"described by, between commas", "en", "The baker, described by neighbours as “a loner”, shut the shop.", []string{"a loner | neighbours |  |  | partial"}},
		{"verb and preposition left out", "en", "The mayor spoke of “a feast” for the town, his Welsh guest of “a brick”.", []string{"a feast | The mayor |  |  | partial", "a brick | his Welsh guest |  |  | partial"}},
		{"verb that counts only if there is no better one, and a better one", "en", "Bakers fear “a wet spring”, the council said.", []string{"a wet spring | the council |  |  | partial"}},
		{"nobody tells what somebody was told", "en", "Bakers were told in June that the flour was “in good order”.", []string{"in good order |  |  |  | partial"}},
		{"word used by", "en", "“Soggy” was the word used by Tom Brandt.", []string{"Soggy | Tom Brandt"}},
		{"two parts before who said both", "en", "The rain had put “bread before people” and bakers had been “asleep all day”, the council found.", []string{"bread before people | the council |  |  | partial", "asleep all day | the council |  |  | partial"}},
		{"who asks", "en", "Asked about the “ghost loaf”, the baker left.", nil},
		{"words on placards", "en", "Bakers carried placards reading “Hands off our bread”.", nil},
		{"noun that a text begins with", "en", "Trading was “sluggish”, the retailer said.", []string{"sluggish | the retailer |  |  | partial"}},
		{"German, what stands before a noun", "de", "Die von Kritikern als „Unfug“ geschmähte Regel gilt. Es regnet.", []string{"Unfug | Kritikern |  |  | partial"}},
		{"German, zufolge", "de", "Dem Landwirt zufolge läuft die Ernte „planmäßig“. Es regnet.", []string{"planmäßig | Dem Landwirt |  |  | partial"}},
		{"German, die Rede", "de", "In dem Bericht ist von „großer Nässe“ die Rede. Es regnet.", []string{"großer Nässe | dem Bericht |  | In dem Bericht | partial"}},
		{"German, wie es heißt", "de", "Der Damm war alt. Wie es in dem Bericht heißt, war er „nie sicher“.", []string{"nie sicher | dem Bericht |  | in dem Bericht | partial"}},
		{"German, und werde", "de", "Uwe Thoms sagte, der Regen sei „überfällig“ und werde „vielen Bauern“ helfen.", []string{"überfällig | Uwe Thoms |  |  | partial", "vielen Bauern | Uwe Thoms |  |  | partial"}},
		{"German, mit den Worten in front", "de", "Es regnet. Mit den Worten „Mir reicht es“ verließ Uwe Thoms den Saal.", []string{"Mir reicht es | Uwe Thoms |  |  | partial"}},
		{"German, will", "de", "Uwe Thoms will „keinen Meter“ weichen. Es regnet.", []string{"keinen Meter | Uwe Thoms |  |  | partial"}},
		{"German, keine", "de", "Die Bauern verlangen „klare Worte“ und keine „Sonntagsreden“.", []string{"klare Worte | Die Bauern |  |  | partial", "Sonntagsreden | Die Bauern |  |  | partial"}},
		{"French, before the sentence", "fr", "« Consterné », le maire a fermé la route. Il pleut sur toute la vallée.", []string{"Consterné | le maire |  |  | partial"}},
		{"French, function and initials", "fr", "Pour le délégué CGT Paul Morin, la pluie est « une plaie ».", []string{"une plaie | Paul Morin | délégué CGT |  | partial"}},
		{"French, se dit", "fr", "Paul Morin se dit « préoccupé » par la pluie.", []string{"préoccupé | Paul Morin |  |  | partial"}},
		{"French, gerund", "fr", "Qualifiant la pluie de « fléau », le maire a fermé la route.", []string{"fléau | le maire |  |  | partial"}},
		{"Spanish, al considerar", "es", "Un juez cerró el camino al considerar que hubo «mucha lluvia».", []string{"mucha lluvia | Un juez |  |  | partial"}},
		{"Spanish, tras and infinitive", "es", "Tras tildar la lluvia de «plaga», el alcalde cerró el camino.", []string{"plaga | el alcalde |  |  | partial"}},
		{"Spanish, gap with a comma", "es", "El alcalde habla de «plaga»; Kiev, de «mala suerte».", []string{"plaga | El alcalde |  |  | partial", "mala suerte | Kiev |  |  | partial"}},
		{"Spanish, what somebody defines", "es", "Luis Cobo publica «La orilla», un libro que define como «una carta».", []string{"una carta | Luis Cobo |  |  | partial"}},
		{"small word in a name", "en", "“It rained,” said Carla van der Berg. “A lot,” said Luiz da Silva.", []string{"It rained | Carla van der Berg", "A lot | Luiz da Silva"}},
		{"who asked not to be named", "en", "“It rained,” one farmer, who asked not to be named, told them.", []string{"It rained | one farmer"}},
		{"figures in marks", "en", "The mayor dated it “3/4/23” and left.", nil},
		{"Spanish, title with a capital", "es", "Luis Cobo publicó «Agosto» en el pueblo y se marchó.", nil},
		{"Spanish, relative clause with a day", "es", "El alcalde, que el domingo había dicho que el pueblo estaba “en guerra”, pidió perdón.", []string{"en guerra | El alcalde |  |  | partial"}},
		{"verb of saying before a gerund", "en", "The rain will stop before a flood, the Weather Board said on Tuesday, warning that it was “still a risk”.", []string{"still a risk | the Weather Board |  |  | partial"}},
		{"described, named in the next sentence", "en", "The village closed the road in what the mayor called “a small step”. Tom Brandt said it had rained.", []string{"a small step | Tom Brandt | mayor |  | partial"}},
		{"described, the next one says nothing", "en", "The village closed the road in what the mayor called “a small step”. Tom Brandt waited.", []string{"a small step | the mayor |  |  | partial"}},
		{"owned, then named before the verb", "en", "Ann Brandt stayed. Her husband slept. “It rained,” Tom Brandt said.", []string{"It rained | Tom Brandt | husband"}},
		{"French, function and initials, with a comma", "fr", "Pour le délégué CFE-CGC, Paul Morin, la pluie est « une plaie ».", []string{"une plaie | Paul Morin | délégué CFE-CGC |  | partial"}},
		{"French, body of people", "fr", "Le Syndicat des vignerons s'est dit déçu. Il déplore « une plaie ».", []string{"une plaie | Le Syndicat des vignerons |  |  | partial"}},
		{"German, object first", "de", "Das Gutachten der Gemeinde nennt der Verband „einen Witz“.", []string{"einen Witz | der Verband |  |  | partial"}},
		{"German, medium in marks", "de", "Der „Merkur“ schrieb von „verlorenen Stunden“.", []string{"verlorenen Stunden | Merkur |  |  | partial"}},
		{"owner of what the text is about", "en", "There is a pause in Nell Farrow’s new play. Farrow shrugged. “It rained,” Farrow said.", []string{"It rained | Nell Farrow"}},
		{"somebody of a body with a name of several words", "en", "A spokeswoman for the Senate rain arm, Dana Ruiz, said it was “wet”.", []string{"wet | Dana Ruiz | spokeswoman for the Senate rain arm |  | partial"}},
		{"described, named at the end", "en", "The road was shut after a judge called it “a river”.\n\nTom Brandt waited.\n\nJudge Ann Pohl went home.", []string{"a river | Ann Pohl | Judge |  | partial"}},
		{"French, described by the whole function, named later", "fr", "Le bac est vieux, selon le maire de Forestville, qui parle de « honte ».\n\nLa pluie tombe. « Assez ! », a dit Jean Morel, maire de Forestville.", []string{"honte | Jean Morel | maire de Forestville |  | partial", "Assez ! | Jean Morel | maire de Forestville"}},
		{"French, whom the text described, with the name", "fr", "Un septuagénaire attendait. « Il pleuvait », a-t-il dit.\n\nL'homme, Marcel Morel, dormait.", []string{"Il pleuvait | Marcel Morel"}},
		{"said again further on", "en", "A farmer was praised for “quick thinking and good boots” on Monday.\n\nInspector Tom Brandt said: “It took quick thinking and good boots.”", []string{"quick thinking and good boots | Tom Brandt | Inspector |  | partial", "It took quick thinking and good boots | Tom Brandt | Inspector"}},
		{"name that several give", "fr", "Anne Morel arrive. Les voisins l'appellent « la petite ».", nil},
		{"title behind a colon", "fr", "Anne Morel écrit. Son titre : « Les Volets ouverts ».", nil},
		{"title that the sentence is about", "en", "Ann Brandt writes.\n\n“The Rain Keeper” is published in May.", nil},
		{"rating behind the stock", "en", "Brokerage Rain & Lind, which rates the stock “hold”, called it “a puddle”.", []string{"a puddle | Rain & Lind | Brokerage |  | partial"}},
		{"words on a sign", "en", "Ann Brandt left. A hand-lettered sign over the door says “Mind the rain”.", nil},
		{"initials of a body without brackets", "en", "The Rapid Rain Forces came. The RRF spoke of “mud”.", []string{"mud | The Rapid Rain Forces |  |  | partial"}},
		{"German, never closed before „so“", "de", "„Es regnet, so Sprecherin Ute Pohl. „Es schneit auch.“", []string{"Es regnet | Ute Pohl | Sprecherin", "Es schneit auch | Ute Pohl | Sprecherin"}},
		{"German, two functions before a name", "de", "„Es regnet“, erklärt Gründer und Geschäftsführer Enno Behrends.", []string{"Es regnet | Enno Behrends | Gründer und Geschäftsführer"}},
		{"surname that comes again", "en", "Orchardist Jorunn Dunstable lit a fire. “It froze,” Ms Dunstable said.", []string{"It froze | Jorunn Dunstable | Orchardist"}},
		{"Spanish, surname like a participle", "es", "La alcaldesa Rosa Delgado llegó. El portavoz Luis Cobo salió.\n\nDelgado, que gobierna, habló de «barro».", []string{"barro | Rosa Delgado | alcaldesa |  | partial"}},
		{"his lawyer is not the judge", "en", "“It rained,” said Judge Oskar Pohl. Her solicitor said it was “dry”.", []string{"It rained | Oskar Pohl | Judge", "dry | Her solicitor |  |  | partial"}},
		{"who told her", "en", "When Ann Brandt came, the bank manager told her it was “dry”.", []string{"dry | the bank manager |  |  | partial"}},
		{"firm of the shares", "en", "Shares in Norvik Energy fell after the firm warned of “rain”.", []string{"rain | Norvik Energy |  |  | partial"}},
		{"what somebody must do", "fr", "Anne Morel, elle, devra « trouver une laverie » avant la pluie.", []string{"trouver une laverie | Anne Morel |  |  | partial"}},
		{"question without a verb", "fr", "Anne Morel a dit qu'elle partait. Wimbledon ? « On verra à la télé. »", []string{"On verra à la télé | Anne Morel"}},
		{"who says so between commas", "es", "El pastor Suso Curro llegó. El pulpo, dijo Luis Cobo, volvió al agua. «Bastante había aguantado.»", []string{"Bastante había aguantado | Luis Cobo"}},
		// A language without data.
		{"no language", "", "“It rained,” said Tom Brandt.", []string{"It rained | Tom Brandt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := read(t, c.lang, c.text)
			var got []string
			for i := range a.Quotes {
				got = append(got, brief(a, &a.Quotes[i]))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s\ngot  %s\nwant %s", c.text, list(got), list(c.want))
			}
		})
	}
}

func list(s []string) string { return fmt.Sprintf("%q", s) }
