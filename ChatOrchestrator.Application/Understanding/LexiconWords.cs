using System.Collections.Frozen;
using System.Text;

namespace ChatOrchestrator.Application.Understanding;

/// <summary>The lexicon's words, without accents and in lower case, as texts are compared.</summary>
internal static class LexiconWords
{
    public static readonly char[] Separators = [.. " \t\r\n.,;:!?¡¿\"'()[]{}<>/\\|*_~`-–—…«»„“”‘’+=&#@%§$€£"];

    /// <summary>A denial does not reach across these.</summary>
    public static readonly char[] ClauseEnds = ['.', ',', ';', ':', '!', '?', '\n', '(', ')'];

    public static readonly FrozenSet<string> Good = Set(
        "good great excellent amazing awesome wonderful fantastic perfect nice lovely love loved happy glad pleased thanks thank helpful brilliant super cool best delighted satisfied enjoy enjoyed works fine beautiful friendly fast "
        + "gut gute guter gutes toll super klasse prima danke wunderbar ausgezeichnet perfekt schon freue freut zufrieden hilfreich liebe begeistert genial hervorragend nett freundlich gefallt spitze "
        + "bon bonne bien merci parfait excellent genial magnifique content contente ravi ravie aime adore utile heureux heureuse sympa "
        + "bueno buena bien gracias perfecto excelente genial encanta feliz contento contenta maravilloso estupendo util amable "
        + "buono buona bene grazie perfetto ottimo eccellente felice contento contenta fantastico bello utile gentile "
        + "bom boa obrigado obrigada perfeito otimo excelente feliz adoro lindo maravilhoso "
        + "goed goede mooi dank bedankt dankjewel geweldig prachtig blij tevreden fijn leuk uitstekend");

    public static readonly FrozenSet<string> Bad = Set(
        "bad terrible awful horrible worst hate hated angry annoyed annoying disappointed disappointing useless broken wrong sad unhappy poor slow problem problems issue fail failed fails failing error errors bug ridiculous unacceptable scam fraud complaint complain disgusting frustrated frustrating rude stupid idiot damaged defective late lost never stolen "
        + "schlecht schlechte schlechter furchtbar schrecklich grauenhaft argerlich wutend sauer enttauscht enttauschend kaputt falsch traurig unzufrieden problem probleme fehler defekt unverschamt beschwerde betrug nutzlos langsam nervt hasse mies unmoglich frech katastrophe beschadigt verspatet "
        + "mauvais mauvaise terrible horrible nul nulle decu decue colere fache fachee triste probleme problemes erreur casse cassee inutile lent inacceptable arnaque plainte deteste honte "
        + "malo mala terrible horrible odio enfadado enfadada decepcionado decepcionada triste problema problemas error roto rota inutil lento inaceptable estafa queja pesimo peor "
        + "cattivo pessimo terribile orribile odio arrabbiato arrabbiata deluso delusa triste problema problemi errore rotto rotta inutile lento inaccettabile truffa reclamo peggio "
        + "ruim pessimo terrivel horrivel odeio zangado decepcionado triste problema problemas erro quebrado inutil lento inaceitavel golpe reclamacao pior "
        + "slecht slechte vreselijk verschrikkelijk boos teleurgesteld kapot fout verdrietig probleem problemen waardeloos traag onacceptabel klacht haat");

    public static readonly FrozenSet<string> Stronger = Set("very really so extremely totally absolutely sehr wirklich total absolut extrem tres vraiment muy realmente molto davvero muito heel erg zeer");

    public static readonly FrozenSet<string> Denying = Set("not no never isn don doesn didn cannot without nicht kein keine keinen nie ohne pas jamais sans nunca sin non mai senza nao nem niet geen nooit");

    public static readonly FrozenSet<string> Urgent = Set(
        "urgent urgently asap immediately emergency critical instantly dringend dringende sofort notfall eilig unverzuglich urgence urgente immediatement emergencia inmediatamente cuanto emergenza subito immediatamente emergencia imediatamente spoed onmiddellijk meteen");

    /// <summary>With a space before and behind.</summary>
    public static readonly string[] UrgentPhrases =
    [
        " right now ", " right away ", " as soon as possible ", " at once ", " so schnell wie moglich ", " so bald wie moglich ", " jetzt gleich ", " tout de suite ", " le plus vite possible ",
        " lo antes posible ", " ahora mismo ", " il prima possibile ", " o mais rapido possivel ", " agora mesmo ", " zo snel mogelijk ", " nu meteen ",
    ];

    /// <inheritdoc cref="UrgentPhrases"/>
    public static readonly string[] Unhurried =
    [
        " no rush ", " no hurry ", " not in a hurry ", " whenever you ", " when you have time ", " keine eile ", " hat zeit ", " eilt nicht ", " wenn sie zeit haben ", " wenn du zeit hast ",
        " pas presse ", " rien ne presse ", " quand vous aurez le temps ", " sin prisa ", " no hay prisa ", " senza fretta ", " non c e fretta ", " sem pressa ", " geen haast ",
    ];

    public static readonly FrozenSet<Rune> GoodSigns = Signs("😀😃😄😁😊🙂😍🥰😘👍❤🎉🙏😂🤩😎✨💯☺");

    public static readonly FrozenSet<Rune> BadSigns = Signs("😠😡🤬😞😔😢😭😤👎💔😩😫🙁☹😒😖😱🤮");

    private static FrozenSet<string> Set(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static FrozenSet<Rune> Signs(string signs) => signs.EnumerateRunes().ToFrozenSet();
}
