"""Closed lists of English words that tell what a noun phrase stands for, all in lower case."""

from __future__ import annotations

__all__ = [
    "ABBREVIATED",
    "ADJECTIVES",
    "ADVERBS",
    "BE",
    "CONJUNCTIONS",
    "COUNTRIES",
    "DETERMINERS",
    "DO",
    "FEMALE",
    "GROUPS",
    "HAVE",
    "IRREGULAR_PAST",
    "IRREGULAR_PLURAL",
    "MALE",
    "MODALS",
    "NOT_ADVERBS",
    "NUMBERS",
    "PARTICLES",
    "PERSONS",
    "PLACES",
    "PREPOSITIONS",
    "PRONOUNS",
    "SUBORDINATORS",
    "TIMES",
    "UNITS",
    "VERBS",
    "WH",
]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


WH = _set("how what when where which who whom whose why")
BE = _set("are aren't be been being is isn't was wasn't were weren't")
HAVE = _set("had hadn't has hasn't have haven't")
DO = _set("did didn't do does doesn't don't")
MODALS = _set("can can't could couldn't may might must shall should will won't would wouldn't")
DETERMINERS = _set(
    """a all an any both each every her his its my no our some that the their these this those
    your"""
)
PRONOUNS = _set(
    """anyone anything everyone everything he her hers herself him himself i it itself me mine
    nobody nothing one ones ours she someone something theirs them themselves then there they
    us we you yours"""
)
PREPOSITIONS = _set(
    """about above across after against along amid among around as at before behind below beneath
    beside besides between beyond by concerning despite down during except for from in inside
    into like near of off on onto out outside over past per since than through throughout till
    to toward towards under until up upon via with within without"""
)
CONJUNCTIONS = _set("and but nor or")
SUBORDINATORS = _set(
    """after although and because before but if or since than that though to unless until when
    where whether which while who whom whose"""
)
ADVERBS = _set(
    """actually again ago already also away back currently else even ever exactly finally first
    here initially just last later mainly more most never next not now officially often once
    only originally recently so soon still today together tomorrow tonight twice usually
    yesterday"""
)
NOT_ADVERBS = _set(
    """ally anomaly apply assembly belly bully daily early elderly family fly friendly imply
    likely monopoly monthly multiply only rally rely reply supply weekly yearly"""
)
"""What ends in "ly" all the same."""

ADJECTIVES = _set(
    """able angry bad best better cheap common dangerous dead difficult easy enough essential
    expensive fair famous free good hard harder helpful ill illegal important impossible known
    legal likely located long necessary normal open possible ready responsible right rude safe
    sick sure true unlikely unusual useful worse worth wrong"""
)
"""What may follow a form of "be" without being a noun, or "it is" without "it" being a thing."""

PARTICLES = _set("al bin da de del della den der di do dos du el ibn la le ten van von y zu")
"""Small words within names."""

ABBREVIATED = _set(
    """apr aug capt col dec dr feb gen gov jan jr jul jun lt mar mr mrs ms no nov oct prof rep
    sen sep sept sgt sr st"""
)
NUMBERS = _set(
    """billion dozen dozens eight eleven five four hundred hundreds many million nine one seven
    several six ten thousand thousands three twelve two"""
)
UNITS = _set(
    """billion centimeters crowns degrees dollars euros feet francs hectares hours inches
    kilograms kilometers kilometres meters metres miles million minutes percent pounds rubles
    seconds tonnes tons yen yuan"""
)
TIMES = _set(
    """afternoon apr april aug august autumn century day days dec decade december evening feb
    february friday jan january jul july jun june mar march may midnight monday month months
    morning night noon nov november oct october saturday sep sept september spring summer
    sunday thursday today tomorrow tuesday wednesday week weeks winter year years yesterday"""
)
PLACES = _set(
    """airport area bay beach borough building capital castle cities city coast continent
    countries country county desert district factory harbor harbour hospital hotel house
    island islands kingdom lake location market mountain mountains museum nation neighborhood
    neighbourhood ocean palace park place port province region river road room school sea site
    square stadium state station street theater theatre town towns valley village villages"""
)
GROUPS = _set(
    """administration agency airline alliance army association authority band bank bloc board
    brigade cabinet club coalition commission committee company confederation congress corp
    corporation council court delegation department faa fbi federation firm forces foundation
    fund government group groups inc institute jury league magazine majority military militia
    ministry movement nations navy network newspaper office opposition orchestra organisation
    organization parliament party police regime senate service side society staff studio team
    tribunal troops trust union university"""
)
PERSONS = _set(
    """actor actress adviser advisor ambassador analyst archbishop architect artist astronaut
    athlete attorney aunt author baker bishop boss boy boyfriend brother candidate capt
    captain chairman chairwoman champion chancellor chief child coach colonel commander
    commissioner composer criminal dad dame daughter deputy designer detective director doctor
    dr driver editor emperor empress engineer expert father founder friend gen general
    gentleman girl girlfriend gov governor guy hero husband inventor journalist judge king
    lady lawyer leader lord man manager mayor member minister miss mom mother mr mrs ms
    neighbor neighbour nurse officer official owner painter parent partner patient person
    photographer pilot pioneer playwright poet policeman pope premier president priest prince
    princess producer prof professor prosecutor queen reporter representative researcher ruler
    sailor scientist secretary sen senator singer sir sister soldier son speaker spokesman
    spokesperson spokeswoman student successor suspect teacher teenager uncle victim widow
    widower wife winner witness woman worker writer"""
)
"""Heads of phrases for one person, and titles in front of a name."""

MALE = _set(
    """aaron abdullah adam ahmed alan albert alexander ali andrew anthony antonio arthur barack
    ben benjamin bernie bill bob boris boy boyfriend brian brother carl carlos chairman
    charles chris christopher dad daniel david dmitry donald edward emmanuel emperor eric
    ernest father francis frank franz fred gentleman george gerald giovanni gordon grandfather
    gregory guy hans harry hassan henri henry hugo husband hussein ian igor isaac ivan jack
    jacob jacques james jan jason jean jeff jerry jim joe joel johann john jonas jonathan jose
    joseph juan julian justin karl keith ken kenneth kevin king klaus larry lars leonardo lord
    louis luis luke man mark martin matthew max michael mike mohamed mohammed mr muhammad
    narendra nathan nicholas nicolas olaf oliver omar oscar otto paolo patrick paul pedro
    peter philip pierre policeman pope prince ralph recep richard robert roger ronald ryan
    samuel scott sean sergei simon sir son spokesman stephen steve steven thomas tim timothy
    tom tomas tony uncle vladimir volodymyr walter warren widower wilhelm william xi yusuf"""
)
FEMALE = _set(
    """actress agnes alexandra alice amanda amy ana andrea angela ann anna anne annie aunt
    barbara beatrice betty brigitte camilla carol caroline catherine chairwoman charlotte
    christine claire clara dame daughter deborah diana dorothy elena elisabeth elizabeth ella
    emily emma empress eva evelyn fatima florence frances gabriela girl girlfriend grace
    grandmother greta hannah harriet heather heidi helen helena hillary ines ingrid irene
    isabel isabella jacinda jane janet jennifer jessica joan joanna judith julia julie kamala
    karen kate katherine kathleen lady laura lily linda lisa louise lucia lucy margaret
    margrethe maria marie marta martha mary melania melissa michelle miss mom monica mother
    mrs ms nancy natalia nicola nicole nina olga pamela patricia paula princess queen rachel
    rebecca rosa rose ruth sandra sara sarah serena sister sofia sonia sophie spokeswoman
    stephanie susan teresa theresa ursula valentina vanessa victoria virginia waitress widow
    wife woman"""
)
"""Words and given names for a man or a woman; a name in neither list may be either's."""

COUNTRIES = _set(
    """afghanistan africa albania algeria america andorra angola antarctica argentina armenia
    asia australia austria azerbaijan bahrain bangladesh belarus belgium benin bhutan bolivia
    bosnia botswana brazil britain brunei bulgaria burundi cambodia cameroon canada chad chile
    china colombia congo croatia cuba cyprus czechia denmark djibouti ecuador egypt england
    eritrea estonia ethiopia europe fiji finland france gabon gambia gaza georgia germany
    ghana greece greenland grenada guatemala guinea guyana haiti honduras hungary iceland
    india indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya
    kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania
    luxembourg madagascar malawi malaysia mali malta mauritania mauritius mexico moldova
    monaco mongolia montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua
    niger nigeria norway oman pakistan palestine panama paraguay peru philippines poland
    portugal qatar romania russia rwanda scotland senegal serbia singapore slovakia slovenia
    somalia spain sudan suriname sweden switzerland syria taiwan tajikistan tanzania thailand
    togo tunisia turkey turkmenistan uganda ukraine uruguay usa uzbekistan vatican venezuela
    vietnam wales yemen zambia zimbabwe"""
)

IRREGULAR_PLURAL = _set("cattle children feet media men mice people police teeth troops women")

VERBS = _set(
    """accept achieve add admit adopt affect agree allow announce answer appear apply appoint
    approve argue arrest arrive ask attack attend ban beat become begin believe belong bring
    build burn buy call cancel carry cause celebrate change charge choose claim close collapse
    come compare compete condemn consider contain continue convict cost create criticise
    criticize cross cut damage decide declare defeat demand deny describe design destroy
    develop die discover discuss dismiss displace do draw drive drop earn eat elect employ end
    enter escape establish expect explain face fail fall feel fight file find finish fire flee
    fly follow force form found fund gain get give go govern grow halt happen have head hear
    help hit hold host hurt identify include increase injure introduce invade invent invest
    investigate join keep kill know land last launch lead learn leave lend lift like live look
    lose love make marry mean meet mention miss move name need negotiate occur offer open
    oppose order organise organize own pay perform plan play praise prevent produce promise
    propose protest prove provide publish pull push put question quit raise reach read receive
    recommend reduce refer refuse reject release remain remove replace report represent
    request require rescue resign respond return reveal ride rise rule run sail save say see
    seek seem sell send serve set shoot show sign sink sit speak spend stand start stay steal
    steer stop study suffer suggest support survive suspend take talk teach tell test think
    threaten throw trade train travel try turn underline use visit vote wait walk want warn
    watch wear win wish withdraw work worry write"""
)
"""Common verbs as they stand after "did": they end a subject."""

IRREGULAR_PAST = _set(
    """ate beaten became become began begun blown born bought bred broke broken brought built
    came caught chose chosen cut dealt died done drawn drew driven drove dug eaten fallen fell
    felt fled flew flown forbidden fought found gave given gone gotten grew grown had heard
    held hidden hit hurt kept knew known laid led left lent lost made meant met paid put ran
    rose run said sang sank saw seen sent set shot shown sold spent spoke spoken spread stolen
    stood struck sung sunk sworn taken taught thought threw thrown told took went woken won
    wore worn written wrote"""
)
