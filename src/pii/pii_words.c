/* pii_words.c - commonest given names, family names, words of companies and streets.
 *
 * Words are compared in lower case without accents: "Józef" is "jozef", "Straße" is "strasse". The
 * given names are those that head the lists of births and residents of the United States, the
 * United Kingdom, Germany, France, Spain, Italy, the Netherlands, Poland, Sweden, India, Brazil and
 * Japan, some hundred each, and a few that are common in the Arab world, Turkey and Russia; short
 * ones that are also everyday words are left out.
 *
 * Tested by: test_pii_person.c (order of the lists, accents, endings). */
#include "pii/pii_words.h"

#include <string.h>

#include "base/unicode.h"

enum { FOLDED_MAX = 32 };

/* In the order of strcmp. */
static const char *const given_names[] = {
    "aarav",       "aaron",     "abigail",    "adam",       "aditya",    "adrian",     "adriana",
    "adrien",      "agnieszka", "ahmed",      "aisha",      "ajay",      "akiko",      "akira",
    "alain",       "alan",      "albert",     "alberto",    "alejandro", "aleksandra", "alessandro",
    "alessia",     "alexander", "alexei",     "alfie",      "ali",       "alice",      "aline",
    "alvaro",      "amanda",    "amber",      "amit",       "amy",       "ana",        "ananya",
    "anastasia",   "anders",    "andrea",     "andreas",    "andres",    "andrew",     "andrzej",
    "angela",      "anil",      "anita",      "anja",       "anjali",    "anke",       "ann",
    "anna",        "annelies",  "anouk",      "anthony",    "antoine",   "antonella",  "antonia",
    "antonio",     "aoi",       "archie",     "arjun",      "arthur",    "ashley",     "ashok",
    "astrid",      "aurelie",   "aurora",     "austin",     "ava",       "axel",       "barbara",
    "beatrice",    "beatriz",   "bengt",      "benjamin",   "benoit",    "bernard",    "bernd",
    "betty",       "beverly",   "billy",      "birgit",     "birgitta",  "bob",        "bobby",
    "bram",        "brandon",   "brenda",     "brian",      "brigitte",  "brittany",   "bruce",
    "bruna",       "bruno",     "bryan",      "camila",     "camille",   "carlos",     "carmen",
    "carol",       "carolyn",   "catherine",  "cedric",     "celine",    "charles",    "charlotte",
    "cheryl",      "chiara",    "chloe",      "christian",  "christina", "christine",  "christophe",
    "christopher", "claire",    "clara",      "claudia",    "cristina",  "cynthia",    "daan",
    "daniel",      "danielle",  "danuta",     "david",      "davide",    "deborah",    "debra",
    "deepa",       "deepak",    "delphine",   "denise",     "dennis",    "diana",      "diane",
    "diego",       "dieter",    "dirk",       "divya",      "dmitri",    "dolores",    "donald",
    "donna",       "doris",     "dorothy",    "douglas",    "dylan",     "eduardo",    "edward",
    "elena",       "elias",     "elisa",      "elisabeth",  "elizabeth", "ella",       "elodie",
    "elsa",        "elzbieta",  "emilie",     "emily",      "emma",      "enrique",    "eric",
    "erik",        "erika",     "ethan",      "eugene",     "eva",       "eve",        "evelyn",
    "evi",         "ewa",       "fabian",     "fabio",      "fatima",    "federica",   "federico",
    "felipe",      "felix",     "femke",      "fernanda",   "fernando",  "finn",       "fleur",
    "florence",    "florian",   "frances",    "francesca",  "francesco", "francisca",  "francisco",
    "francois",    "francoise", "frank",      "freddie",    "frederic",  "fredrik",    "freya",
    "frieda",      "friedrich", "gabriel",    "gabriela",   "gary",      "geeta",      "george",
    "gerhard",     "ginevra",   "giorgio",    "giovanna",   "giovanni",  "gisela",     "giulia",
    "giuseppe",    "gloria",    "grace",      "gregory",    "greta",     "grzegorz",   "guenter",
    "guilherme",   "guillaume", "gunnar",     "gunter",     "gustav",    "gustavo",    "hannah",
    "hans",        "harriet",   "harry",      "haruka",     "haruto",    "hassan",     "heather",
    "heike",       "heinz",     "helen",      "helga",      "helmut",    "hendrik",    "henk",
    "henrik",      "henry",     "hina",       "hiroshi",    "horst",     "hugo",       "ibrahim",
    "igor",        "ilaria",    "ines",       "ingrid",     "irene",     "isabel",     "isabella",
    "isabelle",    "isla",      "ivan",       "jack",       "jacob",     "jacqueline", "jacques",
    "jade",        "jadwiga",   "jakub",      "james",      "jan",       "janet",      "janice",
    "jason",       "javier",    "jean",       "jeffrey",    "jennifer",  "jenny",      "jens",
    "jeremy",      "jeroen",    "jerry",      "jerzy",      "jesse",     "jessica",    "jing",
    "joan",        "joanna",    "joao",       "joaquin",    "joe",       "johan",      "johanna",
    "john",        "johnny",    "jonas",      "jonathan",   "joost",     "jordan",     "jorge",
    "jose",        "josefa",    "joseph",     "joshua",     "joyce",     "juan",       "judith",
    "juergen",     "jules",     "julia",      "juliana",    "julie",     "julien",     "juliette",
    "jurgen",      "justin",    "kai",        "kamil",      "karen",     "karin",      "karl",
    "karolina",    "katarzyna", "katherine",  "kathleen",   "kathrin",   "kathryn",    "katrin",
    "kavita",      "kayla",     "kees",       "keiko",      "keith",     "kelly",      "kenji",
    "kenneth",     "kerstin",   "kevin",      "khalid",     "kimberly",  "klaus",      "kristina",
    "krystyna",    "krzysztof", "kyle",       "lakshmi",    "larissa",   "larry",      "lars",
    "laura",       "lauren",    "laurent",    "lawrence",   "layla",     "lea",        "lena",
    "lennart",     "leo",       "leonardo",   "leonie",     "leticia",   "liam",       "lily",
    "linda",       "linnea",    "lisa",       "logan",      "lorenzo",   "lotte",      "louis",
    "louise",      "luca",      "lucas",      "lucia",      "luciana",   "luigi",      "luis",
    "luiz",        "lukas",     "lukasz",     "maaike",     "maarten",   "madison",    "magdalena",
    "magnus",      "maja",      "makoto",     "malgorzata", "malin",     "manfred",    "manoj",
    "manon",       "manuel",    "marcelo",    "marcia",     "marcin",    "marco",      "marcos",
    "margaret",    "maria",     "mariana",    "marie",      "marieke",   "marilyn",    "mario",
    "mariusz",     "mark",      "marta",      "martha",     "martin",    "martina",    "martine",
    "mary",        "massimo",   "mateus",     "mateusz",    "mathieu",   "matteo",     "matthew",
    "matthias",    "maxime",    "maximilian", "meera",      "megan",     "mehmet",     "melissa",
    "mercedes",    "mia",       "michael",    "michal",     "michel",    "michelle",   "miguel",
    "mikael",      "mohamed",   "mohammed",   "monika",     "monique",   "moritz",     "muhammad",
    "mustafa",     "nadine",    "nancy",      "naoko",      "natalia",   "natalie",    "natasha",
    "nathalie",    "nathan",    "neha",       "nicholas",   "nicolas",   "nicole",     "niklas",
    "nikolai",     "nils",      "nisha",      "noah",       "noor",      "olga",       "oliver",
    "olivia",      "olivier",   "olof",       "omar",       "oscar",     "oskar",      "pablo",
    "pamela",      "paola",     "paolo",      "pascal",     "patricia",  "patrick",    "paul",
    "paula",       "paulo",     "pawel",      "pedro",      "peter",     "petra",      "philip",
    "philipp",     "philippe",  "pierre",     "piet",       "pieter",    "pilar",      "piotr",
    "pooja",       "poppy",     "pradeep",    "priya",      "rachel",    "radha",      "rafael",
    "rahul",       "rainer",    "raj",        "rajesh",     "ralf",      "ralph",      "ramesh",
    "ramon",       "randy",     "raphael",    "raquel",     "raul",      "ravi",       "raymond",
    "rebecca",     "rekha",     "renate",     "riccardo",   "richard",   "robert",     "roberta",
    "roberto",     "rocio",     "rodrigo",    "roger",      "rohan",     "romain",     "ronald",
    "rosa",        "rosario",   "roy",        "ruben",      "russell",   "ruth",       "ryan",
    "ryszard",     "sabine",    "sakura",     "salvatore",  "samantha",  "samuel",     "sander",
    "sandra",      "sandrine",  "sanjay",     "sanne",      "sara",      "sarah",      "saskia",
    "satoshi",     "scott",     "sean",       "sebastian",  "sebastien", "sergei",     "sergio",
    "sharon",      "shirley",   "shreya",     "silke",      "silvia",    "simone",     "sofia",
    "sophia",      "sophie",    "sota",       "stanislaw",  "stefan",    "stefano",    "stephanie",
    "stephen",     "steven",    "sunil",      "sunita",     "suresh",    "susan",      "susanne",
    "sven",        "svetlana",  "swati",      "sylvie",     "tadeusz",   "takashi",    "tatiana",
    "teresa",      "terry",     "tess",       "theo",       "theresa",   "thiago",     "thierry",
    "thijs",       "thomas",    "thorsten",   "tim",        "timothy",   "tobias",     "tomasz",
    "torsten",     "tyler",     "ulrike",     "ursula",     "uwe",       "valentina",  "valeria",
    "valerie",     "vanessa",   "veronique",  "vicente",    "victoria",  "vijay",      "vikram",
    "vincent",     "virginia",  "vladimir",   "walter",     "wayne",     "wei",        "werner",
    "wilhelm",     "willem",    "william",    "willie",     "wilma",     "wojciech",   "wolfgang",
    "yelena",      "yoko",      "youssef",    "yui",        "yuki",      "yuto",       "zachary",
    "zbigniew",    "zeynep",    "zofia",      "zuzanna"};

static const char *const family_names[] = {
    "三浦", "上田", "中山",   "中島", "中川", "中村", "中野", "井上", "伊藤", "佐々木", "佐藤",
    "前田", "加藤", "原田",   "吉田", "和田", "坂本", "太田", "小川", "小林", "小野",   "山下",
    "山口", "山崎", "山本",   "山田", "岡本", "岡田", "後藤", "斉藤", "斎藤", "木村",   "村上",
    "松本", "松田", "林",     "森",   "森田", "橋本", "池田", "清水", "渡辺", "田中",   "田村",
    "石井", "石川", "石田",   "福田", "竹内", "藤井", "藤原", "藤田", "西村", "近藤",   "遠藤",
    "金子", "鈴木", "長谷川", "阿部", "青木", "高橋"};

static const char *const company_words[] = {
    "ab",        "ag",       "and",         "bank",   "bv",      "city",         "co",
    "company",   "corp",     "corporation", "county", "for",     "gmbh",         "group",
    "holding",   "holdings", "hospital",    "hotel",  "inc",     "incorporated", "international",
    "kg",        "lake",     "limited",     "llc",    "llp",     "ltd",          "mount",
    "museum",    "nv",       "of",          "oy",     "plc",     "restaurant",   "river",
    "road",      "sa",       "saint",       "sarl",   "school",  "shop",         "solutions",
    "spa",       "srl",      "store",       "street", "systems", "technologies", "the",
    "university"};

static const char *const street_words[] = {
    "al",       "alameda",  "aleja",  "allee",     "av",      "avda",       "ave",     "avenida",
    "avenue",   "bd",       "blvd",   "boulevard", "bulevar", "bulevardul", "c/",      "cad",
    "caddesi",  "calle",    "camino", "carrera",   "chemin",  "chowk",      "close",   "corso",
    "court",    "crescent", "ct",     "damm",      "dr",      "drive",      "estrada", "gade",
    "gasse",    "gata",     "gatan",  "gracht",    "highway", "hwy",        "impasse", "kade",
    "katu",     "krt",      "laan",   "lane",      "largo",   "ln",         "marg",    "nagar",
    "os",       "parkway",  "paseo",  "piazza",    "pkwy",    "pl",         "plac",    "place",
    "platz",    "plaza",    "plein",  "praca",     "quai",    "rd",         "ring",    "road",
    "rodovia",  "rua",      "rue",    "sk",        "sokak",   "square",     "st",      "stigen",
    "str",      "straat",   "strada", "strasse",   "street",  "terrace",    "tie",     "torget",
    "travessa", "ufer",     "ul",     "ulica",     "utca",    "vagen",      "vei",     "vej",
    "via",      "viale",    "vicolo", "way",       "weg"};

/* Of words like "Hauptstrasse", "Kerkstraat", "Storgatan". */
static const char *const street_endings[] = {
    "strasse", "str",    "weg",    "platz",  "allee", "gasse", "damm",  "ufer",
    "straat",  "laan",   "plein",  "gracht", "kade",  "dijk",  "gatan", "vagen",
    "grand",   "stigen", "torget", "gade",   "vej",   "katu"};

/* Lower case without accents and without a dot at the end; empty when too long. */
static Str fold(Str word, char out[FOLDED_MAX]) {
    size_t length = 0;
    while (word.length > 0 && word.data[word.length - 1] == '.')
        word.length--;
    for (size_t at = 0; at < word.length;) {
        size_t step;
        uint32_t point = utf8_decode(word, at, &step);
        at += step;
        uint32_t parts[8];
        size_t count = 1;
        parts[0] = point;
        if (point >= 0x80)
            count = unicode_decompose(point, parts);
        uint32_t base = count > 0 ? unicode_lower(parts[0]) : point;
        const char *replaced = base == 0xdf    ? "ss"
                               : base == 0x142 ? "l"
                               : base == 0xf8  ? "o"
                                               : NULL;
        if (length + 4 >= FOLDED_MAX)
            return STR_EMPTY;
        if (replaced != NULL) {
            memcpy(out + length, replaced, strlen(replaced));
            length += strlen(replaced);
        } else {
            length += utf8_encode(base, out + length);
        }
    }
    out[length] = '\0';
    return (Str){out, length};
}

static bool is_in(Str word, const char *const *list, size_t count) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(word, str_c(list[middle]));
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

#define IS_IN(word, list) is_in((word), (list), sizeof(list) / sizeof *(list))

bool pii_is_given_name(Str word) {
    char folded[FOLDED_MAX];
    Str plain = fold(word, folded);
    if (IS_IN(plain, given_names))
        return true;
    Str first; /* "Anne-Marie" */
    Str rest = str_cut(plain, '-', &first);
    return rest.length > 0 && IS_IN(first, given_names);
}

bool pii_is_family_name_start(Str text) {
    for (size_t i = 0; i < sizeof family_names / sizeof *family_names; i++)
        if (str_starts(text, str_c(family_names[i])))
            return true;
    return false;
}

bool pii_is_company_word(Str word) {
    char folded[FOLDED_MAX];
    return IS_IN(fold(word, folded), company_words);
}

bool pii_is_street_word(Str word) {
    char folded[FOLDED_MAX];
    Str plain = fold(word, folded);
    if (IS_IN(plain, street_words))
        return true;
    for (size_t i = 0; i < sizeof street_endings / sizeof *street_endings; i++) {
        Str ending = str_c(street_endings[i]);
        if (plain.length > ending.length + 2 && str_ends(plain, ending))
            return true;
    }
    return false;
}

static bool is_ordered(const char *const *list, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (strcmp(list[i - 1], list[i]) >= 0)
            return false;
    return true;
}

#define IS_ORDERED(list) is_ordered((list), sizeof(list) / sizeof *(list))

bool pii_words_check(void) {
    return IS_ORDERED(given_names) && IS_ORDERED(company_words) && IS_ORDERED(street_words);
}
