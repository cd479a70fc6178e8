"""Closed lists of English words, in lower case, for the structure of a question."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WH = _words("how what when where which who whom whose why")
BE = _words("'s are aren't be been being is isn't was wasn't were weren't")
HAVE = _words("had hadn't has hasn't have haven't")
DO = _words("did didn't do does doesn't don't")
MODALS = _words(
    """can can't cannot could couldn't may might must shall should shouldn't will won't would"""
)
DETERMINERS = _words(
    """a all an another any both each either every her his its my neither no our some that the
    their these this those your"""
)
PRONOUNS = _words(
    """anybody anyone anything everybody everyone everything he he's hers herself him himself i
    i'd i'm i've it it's itself me mine myself nobody nothing one ones ours she she's somebody
    someone something theirs them themselves then there they they're things us we yourself you"""
)
PREPOSITIONS = _words(
    """about above across after against along amid among around as at before behind below
    between beyond by concerning despite during except for from in inside into like near of off
    on onto out outside over past per since than through throughout till to toward towards under
    until up upon using versus via vs with within without"""
)
CONJUNCTIONS = _words("although and because but if nor or plus than though unless whether while")
ADVERBS = _words(
    """abroad actually again ago already also always anyway away currently down else even ever
    exactly far finally first hello hey hmm here home however initially instead just last later
    least less long mainly many maybe more most much never next not now nowadays off offline often
    oh ok okay once online only outdoors overseas please quite rather really recently so soon still
    thanks today together tomorrow tonight too twice very well wow yes yesterday yet"""
)
ADJECTIVES = _words(
    """able active alive available aware bad best better big bigger blue broken certain cheap
    cheaper clear common compatible cool correct dangerous dead deep different difficult dry
    due easier easy edible eligible empty enough essential expensive fair famous fast faster
    fine first fixed free full good great green happy hard harder healthy heavy helpful high
    hot ill illegal important impossible interesting known large late legal likely little
    long low main mandatory necessary new normal ok okay old open optional own permanent
    popular possible present private ready real red related reliable required responsible
    rich right rude safe same secure short sick significant similar slow small special
    strong successful sufficient suitable sure sweet tall thick toxic true typical unique
    unlikely unusual urgent useful valid visible warm weak wet wide worse worth wrong young"""
)

VERBS = _words(
    """accept access achieve act add admit affect agree allow announce answer appear apply appoint
    approve argue arrest arrive ask attack attend back ban be beat become begin believe belong block
    boot break bring build burn buy call cancel carry cause celebrate change charge check choose
    claim clean clear click close collapse come compare compete compile condemn configure connect
    consider consist contain continue control convert convict cook copy cost cover create criticise
    criticize cross cut damage deal debug decide declare defeat define delete deny deploy describe
    design destroy develop die disable discover discuss dismiss display do download draw drive drop
    earn eat edit elect employ enable encrypt end enter escape establish exist expect explain export
    extract face fail fall feel fight file fill find finish fit fix flee flow fly follow force form
    format found function gain get give go govern grow handle happen have head hear help hide hit
    hold host hurt identify ignore import include increase injure install introduce invade invent
    invest investigate join keep kill know land last launch lead learn leave lend let lift like list
    live load lock look lose love make manage marry mean meet mention merge miss mount move name
    need negotiate occur offer open operate oppose order organise organize own pair pay perform plan
    play praise prefer prevent print process produce promise propose protect protest prove provide
    publish pull purge push put query quit raise reach read receive recommend record recover reduce
    refer refuse reject release remain remove rename reopen replace reply report represent request
    require rescue reset resign respond restart restore retire return reveal ride rise rule run sail
    save say scan search see seek seem sell send serve set share shoot show sign sink sit speak
    specify spend spread stand start stay steal steer stop store study submit succeed suffer suggest
    supply support survive suspend switch sync take talk teach tell test think threaten throw trade
    train transfer travel treat try turn underline understand uninstall unlock update upgrade upload
    use visit vote wait walk want warn wash watch wear win wish withdraw work worry write"""
)
"""Base forms of common verbs."""

IRREGULAR_VERBS = _words(
    """ate beat became began bit blew bought broke brought built came caught chose cut dealt
    drew drove fell felt fled flew fought found gave got grew had heard held hid hit hurt kept
    knew laid led left lent lost made meant met paid put ran read rose said sang sank saw sent
    set shot sold spent spoke spread stole stood struck taught thought threw told took
    understood went withdrew woke won wore wrote beaten been begun bitten blown born broken
    chosen done drawn driven eaten fallen flown given gone gotten grown hidden known run seen
    shown spoken stolen sung sunk sworn taken thrown worn written"""
)
"""Past forms and participles."""

TITLES = _words(
    """capt captain chancellor col dame dr emperor empress gen general gov governor judge king
    lady lord minister miss mr mrs ms pope president prince princess prof professor queen rep
    sen senator sergeant sgt sir st"""
)
PERSONS = TITLES | _words(
    """actor actress ambassador architect artist astronaut athlete author boss boy boyfriend brother
    candidate ceo cfo chairman chairwoman chef chief child coach commander composer cto customer
    dad daughter director doctor driver editor employee employer engineer father founder friend
    girl girlfriend guy hero husband inventor journalist landlord lawyer leader man manager mayor
    mom mother nurse officer owner painter parent partner patient person photographer pilot poet
    politician programmer scientist secretary singer sister soldier son spokesman spokesperson
    spokeswoman student successor suspect teacher tenant uncle user victim widow wife winner
    witness woman worker writer"""
)
"""Nouns for one person."""

PLACES = _words("capital city country island province region state town village")
IRREGULAR_PLURALS = _words("children data feet media men mice people police teeth women")
TIMES = _words(
    """afternoon april august autumn century day december decade evening february friday january
    july june march may monday month morning night november october saturday september spring
    summer sunday thursday today tomorrow tuesday wednesday week weekday weekend winter year
    yesterday"""
)
MALE = _words(
    """mr sir king prince lord pope emperor man boy boyfriend son father brother uncle husband
    dad chairman spokesman actor ahmed alexander andrew anthony benjamin charles christopher
    daniel david donald edward emmanuel francis george hans henry ivan jack jacob jacques james
    jean jim joe john jonas joseph josé juan kevin louis luis mark martin michael mohamed
    mohammed muhammad olaf oliver patrick paul pedro peter philip pierre richard robert roger
    samuel scott simon stephen steve steven thomas tim tom tomas tony vladimir walter william"""
)
FEMALE = _words(
    """mrs ms miss lady queen princess dame empress woman girl girlfriend daughter mother mom
    sister aunt wife widow actress chairwoman spokeswoman alice amanda amy ana andrea angela
    anna anne barbara catherine charlotte christine claire clara diana elena elizabeth emily
    emma eva fatima hannah helen ingrid isabel isabella jane jennifer jessica julia karen kate
    laura linda lisa lucia lucy margaret maria marie martha mary nancy nicole nina olga patricia
    rachel rosa ruth sandra sara sarah sofia sophie susan teresa ursula victoria virginia"""
)
