"""Closed lists of English words, in lower case, that show how a question is built."""

from __future__ import annotations

__all__ = [
    "ADJECTIVES",
    "ADVERBS",
    "BE",
    "CONJUNCTIONS",
    "DETERMINERS",
    "DO",
    "FEMALE",
    "GROUPS",
    "HAVE",
    "IRREGULAR_PLURALS",
    "IRREGULAR_VERBS",
    "MALE",
    "MODALS",
    "PERSONS",
    "PREPOSITIONS",
    "PRONOUNS",
    "TIMES",
    "TITLES",
    "UNITS",
    "VERBS",
    "WH",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WH = _words("how what when where which who whom whose why")
BE = _words("are aren't be been being is isn't was wasn't were weren't")
HAVE = _words("had hadn't has hasn't have haven't")
DO = _words("did didn't do does doesn't don't")
MODALS = _words(
    "can can't cannot could couldn't may might must shall should shouldn't will won't would"
)
DETERMINERS = _words(
    """a all an another any both each every her his its my no our some that the their these this
    those your"""
)
PRONOUNS = _words(
    """anybody anyone anything everybody everyone everything he he's hers herself him himself i
    i'd i'm i've it it's itself me mine myself nobody nothing one ones ours she she's somebody
    someone something theirs them themselves then there they they're things us we yourself you"""
)
PREPOSITIONS = _words(
    """about above across after against along amid among around as at before behind below between
    beyond by concerning despite during except for from in inside into like near of off on onto
    out outside over past per since than through throughout till to toward towards under until
    up upon using versus via vs with within without"""
)
CONJUNCTIONS = _words("although and because but if nor or plus than though unless whether while")
ADVERBS = _words(
    """actually again ago already also always anyway away back currently down else even ever
    exactly far finally first hello here home however initially instead just last later least less
    long mainly many maybe more most much never next not now nowadays off often ok okay once only please quite
    rather really recently so soon still thanks today together tomorrow tonight too twice very
    well yes yesterday yet"""
)
ADJECTIVES = _words(
    """able active alive available aware bad best better big blue broken certain cheap clear
    common cool correct dangerous dead deep different difficult dry due easy empty enough
    essential expensive faster fair famous fast fine first fixed free full good green great happy
    hard heavy helpful high hot ill illegal important impossible interesting known large late legal likely little
    long low main necessary new normal ok okay old open own popular possible present private
    ready real red related reliable required responsible rich right rude safe same secure short
    sick similar slow small special strong successful sure sweet tall thick true typical unique
    unlikely unusual useful warm weak wet wide worse worth wrong young"""
)

VERBS = _words(
    """accept access achieve act add admit affect agree allow announce answer appear apply appoint
    approve argue arrest arrive ask attack attend back ban be beat become begin believe belong
    block boot break bring build burn buy call cancel carry cause celebrate change charge check
    choose claim clean clear click close collapse come compare compete compile condemn configure
    connect consider consist contain continue control convert convict copy cost cover create
    criticise criticize cross cut damage deal debug decide declare defeat define delete deny
    deploy describe design destroy develop die disable discover discuss dismiss display do
    download draw drive drop earn eat edit elect employ enable encrypt end enter escape establish
    exist expect explain export face fail fall feel fight file fill find finish fit fix flee fly
    follow force form format found function gain get give go govern grow handle happen have head
    hear help hide hit hold host hurt identify import include increase injure install introduce
    invade invent invest investigate join keep kill know land last launch lead learn leave lend
    let lift like list live load lock look lose love make manage marry mean meet mention merge
    miss mount move name need negotiate occur offer open operate oppose order organise organize
    own pair pay perform plan play praise prefer prevent print process produce promise propose
    protect protest prove provide publish pull purge push put query quit raise reach read receive
    recommend record recover reduce refer refuse reject release remain remove rename replace reply
    report represent request require rescue reset resign respond restart restore retire return
    reveal ride rise rule run sail save say scan search see seek seem sell send serve set share
    shoot show sign sink sit speak specify spend spread stand start stay steal steer stop store
    study submit succeed suffer suggest supply support survive suspend switch sync take talk teach
    tell test think threaten throw trade train transfer travel treat try turn underline
    understand uninstall unlock update upgrade upload use visit vote wait walk want warn wash
    watch wear win wish withdraw work worry write"""
)
"""Base forms of common verbs."""

IRREGULAR_VERBS = dict(
    pair.split(":")
    for pair in """ate:eat beat:beat became:become began:begin bit:bite blew:blow bought:buy
    broke:break brought:bring built:build came:come caught:catch chose:choose cut:cut dealt:deal
    drew:draw drove:drive fell:fall felt:feel fled:flee flew:fly fought:fight found:find
    gave:give got:get grew:grow had:have heard:hear held:hold hid:hide hit:hit hurt:hurt kept:keep
    knew:know laid:lay led:lead left:leave lent:lend lost:lose made:make meant:mean met:meet
    paid:pay put:put ran:run read:read rose:rise said:say sang:sing sank:sink saw:see sent:send
    set:set shot:shoot sold:sell spent:spend spoke:speak spread:spread stole:steal stood:stand
    struck:strike taught:teach thought:think threw:throw told:tell took:take understood:understand
    went:go withdrew:withdraw woke:wake won:win wore:wear wrote:write beaten: been: begun: bitten:
    blown: born: broken: chosen: done: drawn: driven: eaten: fallen: flown: given: gone: gotten:
    grown: hidden: known: run: seen: shown: spoken: stolen: sung: sunk: sworn: taken: thrown:
    worn: written:""".split()
)
"""Irregular past forms and their base form; participles have an empty one."""

TITLES = _words(
    """capt captain chancellor col dame dr emperor empress gen general gov governor judge king lady
    lord minister miss mr mrs ms pope president prince princess prof professor queen rep sen
    senator sergeant sgt sir st"""
)
PERSONS = TITLES | _words(
    """actor actress ambassador architect artist astronaut athlete author boss boy boyfriend
    brother candidate chairman chairwoman chef chief child coach commander composer customer
    dad daughter director doctor driver editor engineer father founder friend girl girlfriend
    guy hero husband inventor journalist lawyer leader man manager mayor mom mother nurse officer
    owner painter parent partner patient person photographer pilot poet politician programmer
    scientist secretary singer sister soldier son spokesman spokesperson spokeswoman student
    successor suspect teacher uncle user victim widow wife winner witness woman worker writer"""
)
"""Nouns for one person."""

GROUPS = _words(
    """administration agency airline alliance army association authority band bank board cabinet
    club coalition commission committee company congress corporation council court crew department
    federation firm foundation government group inc institute league ministry navy network
    newspaper opposition orchestra organisation organization parliament party police senate society
    staff team tribunal union university"""
)
IRREGULAR_PLURALS = _words("children data feet media men mice people police teeth women")
UNITS = _words(
    """billion bytes days degrees dollars euros feet gb hours kilometers kilometres mb meters metres
    miles million minutes months percent pounds seconds weeks years"""
)
TIMES = _words(
    """afternoon april august autumn century day december decade evening february friday january
    july june march may monday month morning night november october saturday september spring
    summer sunday thursday today tomorrow tuesday wednesday week winter year yesterday"""
)
MALE = _words(
    """abdullah adam ahmed alan albert alexander andrew anthony arthur barack ben benjamin bill bob
    boy boyfriend brian brother carl carlos chairman charles chris dad daniel david donald edward
    emmanuel emperor eric father francis frank fred george guy hans harry henri henry hugo husband
    igor isaac ivan jack jacob jacques james jason jean jeff jim joe john jonas jonathan jose joseph
    juan keith kevin king larry lord louis man mark martin matthew max michael mike mohamed mohammed
    mr muhammad nicholas nicolas olaf oliver oscar patrick paul pedro peter philip pierre pope
    prince ralph richard robert roger ronald ryan samuel scott sean simon sir son spokesman stephen
    steve steven thomas tim tom tomas tony uncle vladimir walter william"""
)
FEMALE = _words(
    """actress agnes alexandra alice amanda amy ana andrea angela ann anna anne barbara carol
    caroline catherine chairwoman charlotte christine claire clara dame daughter deborah diana
    dorothy elena elisabeth elizabeth ella emily emma empress eva fatima florence girl girlfriend
    greta hannah heather helen helena hillary ingrid irene isabel isabella jane janet jennifer
    jessica joan judith julia julie karen kate katherine kathleen lady laura lily linda lisa louise
    lucia lucy margaret margrethe maria marie martha mary melissa michelle miss mom monica mother
    mrs ms nancy nicole nina olga pamela patricia paula princess queen rachel rebecca rosa rose
    ruth sandra sara sarah sister sofia sophie spokeswoman stephanie susan teresa theresa ursula
    valentina vanessa victoria virginia widow wife woman"""
)
